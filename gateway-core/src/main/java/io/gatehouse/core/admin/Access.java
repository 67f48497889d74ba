package io.gatehouse.core.admin;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what: with the token everything, with the token for reading all but secrets. Without tokens everyone who
 * reaches the listener may do everything, but no page of a browser: those come from other sites.
 *
 * @param token to read and write; null when there is none
 * @param readToken to read only; null when there is none
 * @param loopback whether the listener is for this machine only
 */
record Access(@Nullable String token, @Nullable String readToken, boolean loopback) {
    private static final String WRITER = "gatehouse.writer";
    private static final String READING = "gatehouse.reading";
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-f:.]+]");
    private static final Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
    private static final String HOW = "set GATEHOUSE_ADMIN_TOKEN and send it as Kong-Admin-Token";

    /** Lets a request on, or answers it. */
    void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (token == null) {
            if (isForeign(request)) {
                Pages.message(
                        context, 403, "Requests of web pages are refused without a token (to allow them: " + HOW + ")");
                return;
            }
            context.put(WRITER, true);
            context.next();
            return;
        }
        String given = given(request);
        boolean writer = given != null && same(given, token);
        if (!writer && (given == null || readToken == null || !same(given, readToken))) {
            Pages.message(
                    context,
                    401,
                    "Invalid credentials. Token or User credentials required (expected: the value of"
                            + " GATEHOUSE_ADMIN_TOKEN or GATEHOUSE_ADMIN_READ_TOKEN as Kong-Admin-Token, or as bearer"
                            + " token)");
            return;
        }
        context.put(WRITER, writer);
        if (writer || reads(context)) {
            context.next();
        } else {
            refuse(context);
        }
    }

    /** Marks a page that changes nothing, whatever its method; to be called ahead of {@link #check}. */
    static void reading(RoutingContext context) {
        context.put(READING, true);
        context.next();
    }

    /** Whether a request changes nothing: by its method, or since its page is marked so. */
    static boolean reads(RoutingContext context) {
        return READS.contains(context.request().method()) || context.get(READING) != null;
    }

    /** Whether the client may change everything, and see secrets. */
    static boolean isWriter(RoutingContext context) {
        return Boolean.TRUE.equals(context.<Boolean>get(WRITER));
    }

    /** Answers one who may read only. */
    static void refuse(RoutingContext context) {
        Pages.message(
                context,
                403,
                "This token may read only, and no secrets (expected: the value of GATEHOUSE_ADMIN_TOKEN)");
    }

    /** A page of another site, or of one whose name was made to lead here. */
    private boolean isForeign(HttpServerRequest request) {
        if (request.getHeader("Origin") != null && !READS.contains(request.method())) {
            return true;
        }
        String host =
                request.authority() == null ? "" : request.authority().host().toLowerCase(Locale.ROOT);
        return loopback
                && !host.isEmpty()
                && !host.equals("localhost")
                && !host.endsWith(".localhost")
                && !ADDRESS.matcher(host).matches();
    }

    private static @Nullable String given(HttpServerRequest request) {
        String given = request.getHeader("Kong-Admin-Token");
        if (given != null) {
            return given;
        }
        String authorization = request.getHeader("Authorization");
        return authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? null
                : authorization.substring(7);
    }

    private static boolean same(String given, String token) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }
}
