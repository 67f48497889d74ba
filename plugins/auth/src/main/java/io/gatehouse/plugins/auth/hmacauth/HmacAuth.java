package io.gatehouse.plugins.auth.hmacauth;

import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.auth.Scheme;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Kong's hmac-auth. What is signed is read from the client's own head, so that plugins further out may have changed the
 * request.
 */
final class HmacAuth implements Plugin {
    static final String CREDENTIALS = "hmacauth_credentials";
    static final long MAX_BODY_BYTES = 8 << 20;

    private static final Scheme HMAC = new Scheme("hmac", false);
    private static final String UNDATED =
            "HMAC signature cannot be verified, a valid date or x-date header is required" + " for HMAC Authentication";
    private static final String UNREADABLE = "HMAC signature cannot be verified";
    private static final String DIFFERENT = "HMAC signature does not match";

    /** Longer bodies are digested on another thread. */
    private static final int LONG_BODY_BYTES = 64 << 10;

    private final HmacAuthConfig config;
    private final PluginContext context;
    private final Authentication authentication;
    private final String challenge;

    HmacAuth(HmacAuthConfig config, PluginContext context) {
        this.config = config;
        this.context = context;
        this.authentication = new Authentication(config.anonymous());
        this.challenge = Authentication.challenge("hmac", config.realm());
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        Exchange exchange = request.exchange();
        if (authentication.isDone(exchange)) {
            return next.proceed(request);
        }
        MultiMap headers = request.headers();
        if (!headers.contains(Scheme.PROXY_AUTHORIZATION) && !headers.contains(Scheme.AUTHORIZATION)) {
            return refuse(request, "Unauthorized", next);
        }
        RequestHead head = exchange.original();
        if (!isNow(head.headers().get("X-Date")) && !isNow(head.headers().get("Date"))) {
            return refuse(request, UNDATED, next);
        }
        Signature signature = take(headers, Scheme.PROXY_AUTHORIZATION);
        if (signature == null) {
            signature = take(headers, Scheme.AUTHORIZATION);
        }
        if (signature == null || !covers(signature) || !config.algorithms().contains(signature.algorithm())) {
            return refuse(request, UNREADABLE, next);
        }
        Credential credential = exchange.directory().credential(CREDENTIALS, signature.username());
        if (credential == null) {
            return refuse(request, UNREADABLE, next);
        }
        if (!matches(signature, credential.secret("secret"), head)) {
            return refuse(request, DIFFERENT, next);
        }
        return config.validateRequestBody()
                ? checkBody(request, credential, signature.username(), next)
                : authentication.accept(request, credential, signature.username(), next);
    }

    private @Nullable Signature take(MultiMap headers, String name) {
        Signature signature = Signature.of(HMAC.read(headers.get(name)));
        if (config.hideCredentials()) {
            HMAC.hide(headers, name);
        }
        return signature;
    }

    private boolean isNow(@Nullable String date) {
        Instant sent = date == null ? null : HttpDate.of(date);
        return sent != null
                && Math.abs(context.clock().instant().getEpochSecond() - sent.getEpochSecond()) <= config.clockSkew();
    }

    private boolean covers(Signature signature) {
        for (String enforced : config.enforceHeaders()) {
            if (!contains(signature.headers(), enforced)) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(List<String> names, String wanted) {
        for (String name : names) {
            if (name.equalsIgnoreCase(wanted)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(Signature signature, @Nullable Secret secret, RequestHead head) {
        if (secret == null || secret.value().isEmpty()) {
            return false;
        }
        byte[] given;
        try {
            given = Base64.getDecoder().decode(signature.text());
        } catch (IllegalArgumentException malformed) {
            return false;
        }
        String algorithm = signature.algorithm().replace("hmac-sha", "HmacSHA");
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.value().getBytes(StandardCharsets.UTF_8), algorithm));
            // header values are the bytes that came in, one a character
            byte[] made = mac.doFinal(signed(signature.headers(), head).getBytes(StandardCharsets.ISO_8859_1));
            return MessageDigest.isEqual(given, made);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has these
        }
    }

    private static String signed(List<String> names, RequestHead head) {
        StringBuilder text = new StringBuilder();
        for (String name : names) {
            if (!text.isEmpty()) {
                text.append('\n');
            }
            List<String> values = head.headers().getAll(name);
            if (!values.isEmpty()) {
                text.append(name).append(": ").append(String.join(", ", values));
            } else if (name.equals("@request-target")) {
                text.append("@request-target: ")
                        .append(head.method().name().toLowerCase(Locale.ROOT))
                        .append(' ')
                        .append(head.uri());
            } else if (name.equals("request-line")) {
                String protocol = head.protocol();
                text.append(head.method().name())
                        .append(' ')
                        .append(head.uri())
                        .append(' ')
                        .append(protocol.equals("HTTP/2") ? "HTTP/2.0" : protocol);
            } else if (name.equalsIgnoreCase("host") && !head.host().isEmpty()) {
                text.append(name).append(": ").append(head.host());
            } else {
                text.append(name).append(':');
            }
        }
        return text.toString();
    }

    private Future<Response> checkBody(Request request, Credential credential, String username, Next next) {
        return request.body().buffer(MAX_BODY_BYTES).compose(fits -> {
            if (!fits) {
                return authentication.refuse(request, Response.error(413, "Payload too large"), next);
            }
            Buffer body =
                    request.body().isEmpty() ? Buffer.buffer() : request.body().bytes();
            Future<Boolean> right = body.length() > LONG_BODY_BYTES
                    ? context.blocking(() -> isDigestOf(body, request))
                    : Future.succeededFuture(isDigestOf(body, request));
            return right.compose(same -> same
                    ? authentication.accept(request, credential, username, next)
                    : refuse(request, DIFFERENT, next));
        });
    }

    private static boolean isDigestOf(Buffer body, Request request) {
        String given = request.exchange().original().headers().get("Digest");
        if (given == null) {
            return body.length() == 0;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes());
            return given.equals("SHA-256=" + Base64.getEncoder().encodeToString(digest));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private Future<Response> refuse(Request request, String message, Next next) {
        return authentication.refuse(request, Authentication.unauthorized(message, challenge), next);
    }
}
