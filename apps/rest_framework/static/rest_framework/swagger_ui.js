"use strict";
// Starts Swagger UI. What it must know of the project is in the attributes of its element.
const root = document.getElementById("swagger-ui");
const { schemaUrl, csrfHeader, csrfCookie, settings } = root.dataset;
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS", "TRACE"];

// The cookie first: a login in another tab renews it. Scripts may not read it with CSRF_COOKIE_HTTPONLY or CSRF_USE_SESSIONS.
const csrfToken = () => {
  const cookie = csrfCookie && document.cookie.split("; ").find((pair) => pair.startsWith(`${csrfCookie}=`));
  return cookie ? cookie.slice(csrfCookie.length + 1) : document.querySelector("meta[name=csrf-token]").content;
};

// The word before a token, of the security scheme whose value is what the user entered: "Token", or a project's own.
const keyword = (value) => {
  const schemes = ui.getSystem().authSelectors.authorized().toJS();
  const used = Object.values(schemes).find((one) => one.schema?.name === "Authorization" && one.value === value);
  return used?.schema.description?.match(/required prefix "(.+)"/)?.[1];
};

// A session needs no entry: the browser sends its cookie, which no script could set.
const sessions = {
  wrapComponents: {
    apiKeyAuth: (Original, { React }) => (properties) =>
      properties.schema.get("in") === "cookie"
        ? React.createElement("p", null, "The browser sends this cookie by itself. Log in at the top of the page.")
        : React.createElement(Original, properties),
  },
};

const ui = SwaggerUIBundle({
  ...JSON.parse(settings),
  url: schemaUrl,
  domNode: root,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [sessions],
  // It would send the document to a server of its makers.
  validatorUrl: null,
  requestInterceptor: (request) => {
    const { headers } = request;
    const token = headers.Authorization?.trim();
    if (token && !token.includes(" ")) {
      const word = keyword(headers.Authorization);
      if (word) headers.Authorization = `${word} ${token}`;
    }
    const isOwn = new URL(request.url, location.href).origin === location.origin;
    if (isOwn && request.method && !SAFE_METHODS.includes(request.method.toUpperCase())) headers[csrfHeader] = csrfToken();
    return request;
  },
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
