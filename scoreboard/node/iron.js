// iron-session in its defaults, but for the name of the cookie and plain HTTP.

import { createServer } from "node:http";
import { getIronSession } from "iron-session";

const options = { cookieName: process.env.NAME, password: process.env.KEY, cookieOptions: { secure: false } };
// It looks at the password when it opens a session: so here already, that a weak one shows at the start.
await getIronSession({ headers: {} }, { headers: {}, getHeader() {}, setHeader() {} }, options);

const routes = {
  "GET /read": async (session) => String(session.user ?? null),
  "POST /login": async (session, query) => {
    session.user = 42;
    const size = Number(query.get("size") ?? 0);
    if (size > 0) session.filler = "x".repeat(size);
    await session.save();
    return "";
  },
  "POST /change": async (session) => {
    session.n = (session.n ?? 0) + 1;
    await session.save();
    return "";
  },
  "POST /logout": async (session) => {
    session.destroy();
    return "";
  },
};

createServer(async (request, response) => {
  try {
    const url = new URL(request.url, "http://127.0.0.1");
    const session = await getIronSession(request, response, options);
    response.end(await routes[`${request.method} ${url.pathname}`](session, url.searchParams));
  } catch {
    response.statusCode = 500;
    response.end();
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
