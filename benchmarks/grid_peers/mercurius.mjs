// mercurius, as fast as it goes: the statement of the floor, default resolvers, nobody proven, nothing written down.
// node mercurius.mjs URL PORT FILE_WITH_THE_STATEMENTS [jit]
import Fastify from "fastify";
import mercurius from "mercurius";
import { connect, typeDefs } from "./exchange.mjs";

const [url, port, statements, how] = process.argv.slice(2);
const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers: await connect(url, statements), jit: how === "jit" ? 1 : 0 });
await app.listen({ port: Number(port), host: "127.0.0.1" });
