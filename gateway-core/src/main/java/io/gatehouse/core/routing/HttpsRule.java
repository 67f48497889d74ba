package io.gatehouse.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of a plain HTTP request that matched a route which serves HTTPS only. A route that serves HTTP only also
 * serves HTTPS, so the other direction needs no decision.
 */
public sealed interface HttpsRule {
    /** Status of {@link UpgradeRequired}. */
    int UPGRADE_REQUIRED = 426;

    /** The message of the 426 answer. */
    String UPGRADE_MESSAGE = "Please use HTTPS protocol";

    /** Answer 426 with {@link #UPGRADE_MESSAGE} and the two headers {@code Connection} and {@code Upgrade}. */
    record UpgradeRequired() implements HttpsRule {
        private static final UpgradeRequired INSTANCE = new UpgradeRequired();

        /** The value of the {@code Connection} header. */
        public String connection() {
            return "Upgrade";
        }

        /** The value of the {@code Upgrade} header. */
        public String upgrade() {
            return "TLS/1.2, HTTP/1.1";
        }
    }

    /**
     * Answer with a redirection and an empty body.
     *
     * @param status 301, 302, 307 or 308
     * @param location the same address under {@code https}
     */
    record Redirect(int status, String location) implements HttpsRule {}

    /**
     * Decides for one request.
     *
     * @param httpsOnly whether the route serves HTTPS and not HTTP, see {@link RouteRule#httpsOnly()}
     * @param redirectStatus the route's {@code https_redirect_status_code}
     * @param forwardedProto the scheme the client used: a trusted peer's {@code X-Forwarded-Proto}, else the connection's
     * @param forwardedHost the host the client used, without port
     * @param rawTarget path and query exactly as they came
     * @return null when the request may pass
     * @throws IllegalArgumentException when the status is none of those a route may have
     */
    static @Nullable HttpsRule decide(
            boolean httpsOnly, int redirectStatus, String forwardedProto, String forwardedHost, String rawTarget) {
        if (!httpsOnly || forwardedProto.equals("https")) {
            return null;
        }
        return switch (redirectStatus) {
            case UPGRADE_REQUIRED -> UpgradeRequired.INSTANCE;
            case 301, 302, 307, 308 -> new Redirect(redirectStatus, "https://" + forwardedHost + rawTarget);
            default ->
                throw new IllegalArgumentException(
                        "https_redirect_status_code: " + redirectStatus + " (expected: 426, 301, 302, 307 or 308)");
        };
    }
}
