// graphql-yoga as its own recipe has it: the statement of the floor, default resolvers, nobody proven, nothing written down.
// node yoga.mjs URL PORT FILE_WITH_THE_STATEMENTS
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { connect, typeDefs } from "./exchange.mjs";

const [url, port, statements] = process.argv.slice(2);
const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers: await connect(url, statements) }) });
createServer(yoga).listen(Number(port), "127.0.0.1");
