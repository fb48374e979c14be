// graphql-ws as its own recipe has it: one async iterator a subscriber, one execution a subscriber and event.
import { createServer } from "node:http";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const followers = new Set();
const line = {
  kind: "REFERRAL_PUBLISHED",
  title: "Referral 1000 was published",
  referralNumber: 1000,
  referral: { status: "OPEN", consumer: { name: "Person3 Family1000" } },
};

async function* follow() {
  const lines = [];
  let wake = () => {};
  const follower = (it) => { lines.push(it); wake(); };
  followers.add(follower);
  try {
    while (true) {
      while (lines.length) yield { notifications: lines.shift() };
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    followers.delete(follower);
  }
}

const Consumer = new GraphQLObjectType({ name: "Consumer", fields: { name: { type: GraphQLString } } });
const Referral = new GraphQLObjectType({
  name: "Referral",
  fields: { status: { type: GraphQLString }, consumer: { type: Consumer } },
});
const Notification = new GraphQLObjectType({
  name: "Notification",
  fields: {
    kind: { type: GraphQLString },
    title: { type: GraphQLString },
    referralNumber: { type: GraphQLInt },
    referral: { type: Referral },
  },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { nothing: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: { notifications: { type: Notification, subscribe: follow } },
  }),
});

const server = createServer((_, response) => {
  for (const tell of followers) tell(line);
  response.end();
});
useServer({ schema }, new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }));
server.listen(Number(process.argv[2]), "127.0.0.1");
