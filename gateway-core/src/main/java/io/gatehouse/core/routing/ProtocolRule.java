package io.gatehouse.core.routing;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a request that matched a route which serves other protocols. A route that serves HTTP only also serves
 * HTTPS, so that direction needs no decision.
 */
public sealed interface ProtocolRule {
    /** The protocols of a route, as far as they matter after the match. */
    enum Served {
        /** Plain HTTP, and with it everything. */
        HTTP,
        /** HTTP over TLS only. */
        HTTPS_ONLY,
        /** gRPC, with or without TLS. */
        GRPC,
        /** gRPC over TLS only. */
        GRPCS_ONLY;

        /** Whether it is gRPC, and nothing else. */
        public boolean isGrpc() {
            return this == GRPC || this == GRPCS_ONLY;
        }

        /** What a route with these protocols serves. */
        public static Served of(Collection<String> protocols) {
            if (protocols.contains("http")) {
                return HTTP;
            }
            return protocols.contains("https") ? HTTPS_ONLY : protocols.contains("grpc") ? GRPC : GRPCS_ONLY;
        }
    }

    /**
     * Answer 426 with two headers more, {@code Connection: Upgrade} and {@code Upgrade}.
     *
     * @param message the message of the answer
     * @param upgrade the value of the {@code Upgrade} header
     */
    record UpgradeRequired(String message, String upgrade) implements ProtocolRule {
        private static final UpgradeRequired HTTPS =
                new UpgradeRequired("Please use HTTPS protocol", "TLS/1.2, HTTP/1.1");
        private static final UpgradeRequired HTTP2 = new UpgradeRequired("Please use HTTP2 protocol", "HTTP/2");
    }

    /**
     * Answer with a redirection and an empty body.
     *
     * @param status 301, 302, 307 or 308
     * @param location the same address under {@code https}
     */
    record Redirect(int status, String location) implements ProtocolRule {}

    /**
     * Answer 415.
     *
     * @param message the message of the answer
     */
    record NotGrpc(String message) implements ProtocolRule {
        private static final NotGrpc INSTANCE = new NotGrpc("Non-gRPC request matched gRPC route");
    }

    /**
     * Answer 200 without a body, with {@code grpc-status} and {@code grpc-message} in its head.
     *
     * @param status the gRPC status
     * @param message the gRPC message
     */
    record GrpcError(int status, String message) implements ProtocolRule {
        private static final GrpcError PLAIN = new GrpcError(1, "gRPC request matched gRPCs route");
    }

    /**
     * Decides for one request of a route that serves HTTPS only.
     *
     * @param redirectStatus the route's {@code https_redirect_status_code}
     * @param forwardedProto the scheme the client used: a trusted peer's {@code X-Forwarded-Proto}, else the connection's
     * @param forwardedHost the host the client used, without port
     * @param rawTarget path and query exactly as they came
     * @return null when the request may pass
     * @throws IllegalArgumentException when the status is none of those a route may have
     */
    static @Nullable ProtocolRule https(
            int redirectStatus, String forwardedProto, String forwardedHost, String rawTarget) {
        if (forwardedProto.equals("https")) {
            return null;
        }
        return switch (redirectStatus) {
            case 426 -> UpgradeRequired.HTTPS;
            case 301, 302, 307, 308 -> new Redirect(redirectStatus, "https://" + forwardedHost + rawTarget);
            default ->
                throw new IllegalArgumentException(
                        "https_redirect_status_code: " + redirectStatus + " (expected: 426, 301, 302, 307 or 308)");
        };
    }

    /**
     * Decides for one request of a route that serves gRPC.
     *
     * @param tlsOnly whether it serves gRPC over TLS only
     * @param contentType the {@code Content-Type} of the request, null when it has none
     * @param http2 whether it came over HTTP/2
     * @param forwardedProto the scheme the client used, as for {@link #https}
     * @return null when the request may pass
     */
    static @Nullable ProtocolRule grpc(
            boolean tlsOnly, @Nullable String contentType, boolean http2, String forwardedProto) {
        if (contentType == null || !contentType.startsWith("application/grpc")) {
            return NotGrpc.INSTANCE;
        }
        if (!http2) {
            return UpgradeRequired.HTTP2;
        }
        return tlsOnly && !forwardedProto.equals("https") ? GrpcError.PLAIN : null;
    }
}
