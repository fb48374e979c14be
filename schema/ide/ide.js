"use strict";
(() => {
  const config = JSON.parse(document.getElementById("config").textContent);
  const url = new URL(config.url, window.location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === "https:" ? "wss:" : "ws:";

  // Both carry the cookie of the page session: the page is of the same origin.
  const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: socket.href });

  const ide = React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: config.tabs,
    defaultEditorToolsVisibility: "variables",
    plugins: [GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false })],
    inputValueDeprecation: true,
    shouldPersistHeaders: false,
    // What is typed here may name people: it is forgotten with the browser tab.
    storage: window.sessionStorage,
  });
  ReactDOM.createRoot(document.getElementById("ide")).render(ide);
})();
