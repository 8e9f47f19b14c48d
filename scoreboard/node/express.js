// Express's cookie-session in its defaults, but for the name of the cookie.

import express from "express";
import session from "cookie-session";

const app = express();
app.use(session({ name: process.env.NAME, keys: [process.env.KEY] }));

app.get("/read", (request, response) => { response.send(String(request.session.user ?? null)); });
app.post("/login", (request, response) => {
  request.session = { user: 42 };
  const size = Number(request.query.size ?? 0);
  if (size > 0) request.session.filler = "x".repeat(size);
  response.send("");
});
app.post("/change", (request, response) => {
  request.session.n = (request.session.n ?? 0) + 1;
  response.send("");
});
app.post("/logout", (request, response) => {
  request.session = null;
  response.send("");
});
app.listen(Number(process.env.PORT), "127.0.0.1");
