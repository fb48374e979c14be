// graphql-ws as its own recipe has it: one async iterator a subscriber, one execution a subscriber and event.
// node graphql_ws.mjs PORT                     tells everybody a line that it holds in memory, when it is asked to
// node graphql_ws.mjs PORT DATABASE BROKER     hears the doorbell of the house, and reads what came from its tables
// Nobody is proven, no right is looked at, and nothing is written down.
import { createServer } from "node:http";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import pg from "pg";
import { createClient } from "redis";
import { WebSocketServer } from "ws";

const [port, database, broker] = process.argv.slice(2);
const followers = new Map(); // of a mailbox; without tables, all are at the same
const held = {
  kind: "REFERRAL_PUBLISHED",
  title: "Referral 1000 was published",
  referralNumber: 1000,
  referral: { status: "OPEN", consumer: { name: "Person3 Family1000" } },
};

function tell(mailbox, line) {
  for (const follower of followers.get(mailbox) ?? []) follower(line);
}

async function* follow(_, __, mailbox) {
  const lines = [];
  let wake = () => {};
  const follower = (it) => { lines.push(it); wake(); };
  if (!followers.has(mailbox)) followers.set(mailbox, new Set());
  followers.get(mailbox).add(follower);
  try {
    while (true) {
      while (lines.length) yield { notifications: lines.shift() };
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    followers.get(mailbox).delete(follower);
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

async function onTables() {
  const pool = new pg.Pool({ connectionString: database, max: 10 });
  const people = await pool.query("SELECT user_id, mailbox_id FROM user_account");
  const mailboxes = new Map(people.rows.map((row) => [row.user_id, row.mailbox_id]));

  // As few statements as can be: one for all lines of all mailboxes, one for the referrals that they are about.
  async function read(first, last) {
    const lines = await pool.query({
      name: "lines",
      text: "SELECT mailbox_id, kind, referral_id, referral_number FROM notification WHERE id BETWEEN $1 AND $2",
      values: [first, last],
    });
    const about = await pool.query({
      name: "referrals",
      text: `SELECT r.id, r.status, c.first_name, c.last_name FROM referral r JOIN consumer c ON c.id = r.consumer_id
        WHERE r.id = ANY($1)`,
      values: [[...new Set(lines.rows.map((row) => row.referral_id))]],
    });
    const referrals = new Map(about.rows.map((row) => [
      row.id, { status: row.status, consumer: { name: `${row.first_name} ${row.last_name}` } },
    ]));
    for (const row of lines.rows) {
      tell(row.mailbox_id, {
        kind: row.kind,
        title: `Referral ${row.referral_number} was published`,
        referralNumber: row.referral_number,
        referral: referrals.get(row.referral_id),
      });
    }
  }

  const doorbell = createClient({ url: broker });
  await doorbell.connect();
  await doorbell.subscribe("homeward:doorbell", async (message) => {
    for (const [first, last] of JSON.parse(message).keys ?? []) await read(first, last);
  });
  // A listener says which number it has; whose it is was read beforehand.
  return ({ connectionParams }) => mailboxes.get(`USER${connectionParams.authorization.split("-")[1]}`);
}

const mailboxOf = database ? await onTables() : () => "everybody's";
const server = createServer((_, response) => {
  tell("everybody's", held);
  response.end();
});
useServer({ schema, context: mailboxOf }, new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }));
server.listen(Number(port), "127.0.0.1");
