package io.gatehouse.plugins.auth.keyauth;

import io.gatehouse.api.Credential;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Kong's key-auth. */
final class KeyAuth implements Plugin {
    static final String CREDENTIALS = "keyauth_credentials";

    private final KeyAuthConfig config;
    private final String[] names;
    private final HeaderName[] headers;
    private final Authentication authentication;
    private final String challenge;

    KeyAuth(KeyAuthConfig config) {
        this.config = config;
        this.names = config.keyNames().toArray(String[]::new);
        this.headers = config.keyNames().stream().map(HeaderName::of).toArray(HeaderName[]::new);
        this.authentication = new Authentication(config.anonymous());
        this.challenge = Authentication.challenge("Key", config.realm());
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (!config.runOnPreflight() && request.method().equals(HttpMethod.OPTIONS)) {
            return authentication.skip(request, next);
        }
        if (authentication.isDone(request.exchange())) {
            return next.proceed(request);
        }
        return search(request, null, next);
    }

    /** Looks under each name in header, query and body; comes back once it has the body, where it needs one. */
    private Future<Response> search(Request request, @Nullable BodyKeys body, Next next) {
        String query = request.query();
        for (int i = 0; i < names.length; i++) {
            List<String> found = List.of();
            if (config.keyInHeader()) {
                found = inHeaders(request.headers(), headers[i]);
            }
            if (found.isEmpty() && config.keyInQuery() && query != null) {
                found = Arguments.values(query, names[i]);
            }
            if (found.isEmpty() && config.keyInBody() && !request.body().isEmpty()) {
                if (body == null) {
                    return readBody(request, next);
                }
                found = body.values(names[i]);
            }
            if (!found.isEmpty()) {
                if (config.hideCredentials()) {
                    hide(request, query, body);
                }
                return found.size() > 1
                        ? refuse(request, 401, "Duplicate API key found", next)
                        : check(request, found.get(0), next);
            }
        }
        return refuse(request, 401, "No API key found in request", next);
    }

    private static List<String> inHeaders(MultiMap headers, HeaderName name) {
        List<String> found = name.all(headers);
        if (found.size() != 1) {
            return found;
        }
        String key = WireText.decode(found.get(0));
        return key.equals(found.get(0)) ? found : List.of(key); // hardly ever, else nothing is copied
    }

    private Future<Response> readBody(Request request, Next next) {
        String type = request.headers().get("Content-Type");
        if (!BodyKeys.reads(type)) {
            return search(request, BodyKeys.NONE, next);
        }
        return request.body().buffer(BodyKeys.MAX_BYTES).transform(read -> {
            if (read.failed()) {
                // the client's body broke off: its fault, and no reason to blame this plugin
                return refuse(request, 400, "Cannot process request body", next);
            }
            if (!read.result()) {
                return refuse(request, 413, "Payload too large", next);
            }
            return search(request, BodyKeys.of(type, request.body().bytes()), next);
        });
    }

    /** Takes the key out under every name, wherever it stands: what one plugin takes for a key is nobody else's business. */
    private void hide(Request request, @Nullable String query, @Nullable BodyKeys body) {
        String left = query;
        for (int i = 0; i < names.length; i++) {
            headers[i].remove(request.headers());
            if (left != null) {
                left = Arguments.without(left, names[i]);
            }
        }
        if (!Objects.equals(left, query)) {
            request.query(left);
        }
        if (body != null) {
            body.hide(request, names);
        }
    }

    private Future<Response> check(Request request, String key, Next next) {
        if (key.isEmpty()) {
            return refuse(request, 401, "No API key found in request", next);
        }
        Credential credential = request.exchange().directory().credential(CREDENTIALS, key);
        if (credential == null) {
            return refuse(request, 401, "Unauthorized", next);
        }
        return authentication.accept(request, credential, credential.id(), next);
    }

    private Future<Response> refuse(Request request, int status, String message, Next next) {
        Response refusal =
                status == 401 ? Authentication.unauthorized(message, challenge) : Response.error(status, message);
        return authentication.refuse(request, refusal, next);
    }
}
