// What mercurius and graphql-yoga share: a schema, and resolvers that run the statement of the floor.
import { readFileSync } from "node:fs";
import pg from "pg";

pg.types.setTypeParser(1082, (day) => day); // a date is a date, not midnight somewhere

export const typeDefs = `
  type Query { referrals(provider: ID!, first: Int = 50): Referrals! }
  type Referrals { nodes: [Referral!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! }
  type Referral {
    number: Int! status: String! statewide: Boolean! age: Int overdue: Boolean! publishedAt: String
    facility: Facility! consumer: Consumer! preferredCounties: [County!]! primaryCoordinator: Person
    pendingPlacement: PendingPlacement ownResponse: Response
  }
  type Facility { code: String! name: String! }
  type Consumer { firstName: String! lastName: String! dmhId: String! birthDate: String! gender: String! }
  type County { fips: String! name: String! }
  type Person { name: String! email: String phone: String! }
  type PendingPlacement { since: String! }
  type Response { kind: String! provision: String declineReason: String answeredAt: String! }
`;

function node(row, counties, now) {
  const age = Math.floor((now - row.first_published_at) / 86400000);
  return {
    number: row.number,
    status: row.status,
    statewide: row.statewide,
    age,
    overdue: age > 60,
    publishedAt: row.first_published_at.toISOString(),
    facility: { code: row.facility_code, name: row.facility_name },
    consumer: {
      firstName: row.first_name, lastName: row.last_name, dmhId: row.dmh_id, birthDate: row.birth_date, gender: row.gender,
    },
    preferredCounties: row.counties.map((fips) => counties.get(fips)),
    primaryCoordinator: { name: `${row.coordinator_first} ${row.coordinator_last}`, email: row.email, phone: row.phone },
    pendingPlacement: row.pending_since && { since: row.pending_since.toISOString() },
    ownResponse: row.kind && {
      kind: row.kind, provision: row.provision, declineReason: row.decline_reason, answeredAt: row.answered_at.toISOString(),
    },
  };
}

// The resolvers over the database, for the two statements that the file holds.
export async function connect(url, file) {
  const [openReferrals, served] = JSON.parse(readFileSync(file, "utf8"));
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const counties = new Map((await pool.query("SELECT fips, name FROM county")).rows.map((row) => [row.fips, row]));

  async function referrals(_, { provider, first }) {
    const { rows: covered } = await pool.query({ name: "served", text: served, values: [provider] });
    const values = [provider, covered.map((row) => row.county_id)];
    const { rows } = await pool.query({ name: "open", text: openReferrals, values });
    const now = Date.now();
    const nodes = rows.slice(0, first).map((row) => node(row, counties, now));
    return { nodes, pageInfo: { hasNextPage: rows.length > first } };
  }
  return { Query: { referrals } };
}
