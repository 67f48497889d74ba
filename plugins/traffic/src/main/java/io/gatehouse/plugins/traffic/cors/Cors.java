package io.gatehouse.plugins.traffic.cors;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/** Kong's cors. It stands outside of auth plugins, so that browsers can read their refusals, too. */
final class Cors implements Plugin {
    private static final CharSequence ALLOW_CREDENTIALS =
            HttpHeaders.createOptimized("Access-Control-Allow-Credentials");
    private static final CharSequence ALLOW_ORIGIN = HttpHeaders.createOptimized("Access-Control-Allow-Origin");
    private static final CharSequence EXPOSE_HEADERS = HttpHeaders.createOptimized("Access-Control-Expose-Headers");
    private static final CharSequence VARY = HttpHeaders.createOptimized("Vary");
    private static final CharSequence ORIGIN = HttpHeaders.createOptimized("Origin");
    private static final CharSequence TRUE = HttpHeaders.createOptimized("true");

    private final CorsConfig config;
    private final Origins origins;
    private final String methods;
    private final @Nullable String headers;
    private final @Nullable String exposed;
    private final @Nullable String maxAge;

    Cors(CorsConfig config) {
        this.config = config;
        this.origins = new Origins(config.origins());
        this.methods = String.join(",", config.methods());
        this.headers = config.headers().isEmpty() ? null : String.join(",", config.headers());
        this.exposed = config.exposedHeaders().isEmpty() ? null : String.join(",", config.exposedHeaders());
        Double seconds = config.maxAge();
        this.maxAge = seconds == null
                ? null
                : seconds == Math.rint(seconds) ? Long.toString(seconds.longValue()) : seconds.toString();
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        MultiMap asked = request.exchange().original().headers();
        String origin = asked.get(HttpHeaders.ORIGIN);
        boolean named = origin != null && !origin.isEmpty();
        if (named && request.method().equals(HttpMethod.OPTIONS) && asked.contains("Access-Control-Request-Method")) {
            return config.preflightContinue() ? next.proceed(request) : Response.done(preflight(origin, asked));
        }
        if (!named && !config.allowOriginAbsent()) {
            return next.proceed(request);
        }
        return next.proceed(request).map(response -> {
            allow(response.headers(), origin);
            if (exposed != null) {
                response.headers().set(EXPOSE_HEADERS, exposed);
            }
            return response;
        });
    }

    private Response preflight(@Nullable String origin, MultiMap asked) {
        Response response = Response.of(200);
        MultiMap answer = response.headers();
        allow(answer, origin);
        String wanted = headers != null ? headers : asked.get("Access-Control-Request-Headers");
        if (wanted != null) {
            answer.set("Access-Control-Allow-Headers", wanted);
        }
        answer.set("Access-Control-Allow-Methods", methods);
        if (maxAge != null) {
            answer.set("Access-Control-Max-Age", maxAge);
        }
        if (config.privateNetwork() && "true".equals(asked.get("Access-Control-Request-Private-Network"))) {
            answer.set("Access-Control-Allow-Private-Network", "true");
        }
        return response;
    }

    private void allow(MultiMap answer, @Nullable String origin) {
        String allowed = origins.allowed(origin);
        boolean all = "*".equals(allowed);
        boolean named = origin != null && !origin.isEmpty();
        if (origins.vary() || config.credentials() && all && named) {
            answer.add(VARY, ORIGIN);
        }
        if (config.credentials()) {
            if (!all) {
                answer.set(ALLOW_CREDENTIALS, TRUE);
            } else if (named) {
                allowed = origin;
                answer.set(ALLOW_CREDENTIALS, TRUE);
            }
        }
        if (allowed == null) {
            answer.remove(ALLOW_ORIGIN);
        } else {
            answer.set(ALLOW_ORIGIN, allowed);
        }
    }
}
