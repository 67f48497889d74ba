package io.gatehouse.plugins.auth.jwt;

import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.config.Secret;
import io.gatehouse.api.json.JsonValue;
import io.gatehouse.api.json.JsonWriter;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.auth.Scheme;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Clock;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kong's jwt. The credential, never the token, says by which algorithm and key a token is verified. */
final class JwtAuth implements Plugin {
    static final String CREDENTIALS = "jwt_secrets";

    private static final String FORGED = "Invalid signature";
    private static final Scheme BEARER = new Scheme("Bearer", true);

    private final JwtAuthConfig config;
    private final PluginContext context;
    private final Clock clock;
    private final List<HeaderName> headers;
    private final Authentication authentication;
    private final PublicKeys publicKeys = new PublicKeys();
    private final String keyClaim;
    private final String challenge;
    private final String tokenChallenge;

    JwtAuth(JwtAuthConfig config, PluginContext context) {
        this.config = config;
        this.context = context;
        this.clock = context.clock();
        this.headers = config.headerNames().stream().map(HeaderName::of).toList();
        this.authentication = new Authentication(config.anonymous());
        this.keyClaim = '/' + config.keyClaimName().replace("~", "~0").replace("/", "~1");
        this.challenge = Authentication.challenge("Bearer", config.realm());
        this.tokenChallenge = challenge + (config.realm() == null ? " " : ", ") + "error=\"invalid_token\"";
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (!config.runOnPreflight() && request.method().equals(HttpMethod.OPTIONS)) {
            return authentication.skip(request, next);
        }
        if (authentication.isDone(request.exchange())) {
            return next.proceed(request);
        }
        Found found = new Found();
        search(request, found);
        if (found.several) {
            return refuse(request, "Multiple tokens provided", next);
        }
        if (found.token == null) {
            return refuse(request, Map.of("message", "Unauthorized"), challenge, next);
        }
        try {
            return check(request, Token.of(found.token), next);
        } catch (Token.MalformedException malformed) {
            return refuse(request, "Bad token; " + malformed.reason(), next);
        }
    }

    /** The one token of a request, however often it stands there. */
    private static final class Found {
        private @Nullable String token;
        private boolean several;

        void add(@Nullable String text) {
            if (text == null || text.isEmpty()) {
                return;
            }
            several |= token != null && !token.equals(text);
            token = text;
        }
    }

    private void search(Request request, Found found) {
        String query = request.query();
        if (query != null) {
            for (String name : config.uriParamNames()) {
                Arguments.values(query, name).forEach(found::add);
            }
        }
        if (!config.cookieNames().isEmpty()) {
            for (String cookies : request.headers().getAll("Cookie")) {
                searchCookies(cookies, found);
            }
        }
        for (HeaderName header : headers) {
            found.add(BEARER.read(header.first(request.headers())));
        }
    }

    private void searchCookies(String cookies, Found found) {
        int start = 0;
        while (start < cookies.length()) {
            int end = cookies.indexOf(';', start);
            end = end < 0 ? cookies.length() : end;
            int equals = cookies.indexOf('=', start);
            if (equals >= 0 && equals < end) {
                String name = cookies.substring(start, equals).strip();
                for (String wanted : config.cookieNames()) {
                    if (wanted.equalsIgnoreCase(name)) {
                        found.add(cookies.substring(equals + 1, end).strip());
                    }
                }
            }
            start = end + 1;
        }
    }

    private Future<Response> check(Request request, Token token, Next next) {
        JsonValue claim = token.claim(keyClaim);
        if (claim == null) {
            return refuse(request, "No mandatory '" + config.keyClaimName() + "' in claims", next);
        }
        String key = claim.text();
        if (key == null || key.isEmpty()) {
            return refuse(request, "Invalid '" + config.keyClaimName() + "' in claims", next);
        }
        Exchange exchange = request.exchange();
        Credential credential = exchange.directory().credential(CREDENTIALS, key);
        if (credential == null) {
            return refuse(request, "No credentials found for given '" + config.keyClaimName() + "'", next);
        }
        Algorithm algorithm = Algorithm.of(credential.text("algorithm"));
        if (algorithm == null || token.algorithm() != algorithm) {
            return refuse(request, "Invalid algorithm", next);
        }
        if (algorithm.isSymmetric()) {
            return decide(request, token, credential, key, faultBySecret(token, credential), next);
        }
        String pem = credential.text("rsa_public_key");
        PublicKey publicKey = pem == null ? null : publicKeys.of(pem);
        if (publicKey == null || !algorithm.takes(publicKey)) {
            return refuse(request, "Invalid key/secret", next);
        }
        return Algorithm.isSlow(publicKey)
                ? context.blocking(() -> verifies(token, publicKey))
                        .compose(good -> decide(request, token, credential, key, good ? null : FORGED, next))
                : decide(request, token, credential, key, verifies(token, publicKey) ? null : FORGED, next);
    }

    private static boolean verifies(Token token, PublicKey key) {
        return token.algorithm().verifies(token.signed(), token.signature(), key);
    }

    private Future<Response> decide(
            Request request, Token token, Credential credential, String key, @Nullable String fault, Next next) {
        if (fault != null) {
            return refuse(request, fault, next);
        }
        Map<String, String> faults = faultyClaims(token);
        return faults.isEmpty()
                ? authentication.accept(request, credential, key, next)
                : refuse(request, faults, tokenChallenge, next);
    }

    private @Nullable String faultBySecret(Token token, Credential credential) {
        Secret secret = credential.secret("secret");
        byte[] bytes = secret == null ? null : bytes(secret.value());
        if (bytes == null || bytes.length == 0) {
            return "Invalid key/secret";
        }
        return token.algorithm().verifies(token.signed(), token.signature(), bytes) ? null : FORGED;
    }

    private byte @Nullable [] bytes(String secret) {
        if (!config.secretIsBase64()) {
            return secret.getBytes(StandardCharsets.UTF_8);
        }
        try {
            // both alphabets
            return Base64.getUrlDecoder().decode(secret.replace('+', '-').replace('/', '_'));
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    private Map<String, String> faultyClaims(Token token) {
        if (config.claimsToVerify().isEmpty()) {
            return Map.of();
        }
        long now = clock.instant().getEpochSecond();
        Map<String, String> faults = new LinkedHashMap<>();
        for (String name : config.claimsToVerify()) {
            double time = token.number('/' + name);
            if (Double.isNaN(time)) {
                faults.put(name, "must be a number");
            } else if (name.equals("exp") && time <= now) {
                faults.put(name, "token expired");
            } else if (name.equals("nbf") && time > now) {
                faults.put(name, "token not valid yet");
            }
        }
        if (faults.isEmpty()
                && config.maximumExpiration() > 0
                && token.number("/exp") - now > config.maximumExpiration()) {
            faults.put("exp", "exceeds maximum allowed expiration");
        }
        return faults;
    }

    private Future<Response> refuse(Request request, String message, Next next) {
        return refuse(request, Map.of("message", message), tokenChallenge, next);
    }

    private Future<Response> refuse(Request request, Map<String, String> body, String challenge, Next next) {
        Response refusal = Response.json(401, JsonWriter.write(body).toString());
        refusal.headers().set("WWW-Authenticate", challenge);
        return authentication.refuse(request, refusal, next);
    }
}
