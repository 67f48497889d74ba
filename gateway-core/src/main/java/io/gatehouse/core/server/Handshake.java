package io.gatehouse.core.server;

import io.gatehouse.core.upstream.HopByHop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/** What asks for a WebSocket (RFC 6455, 4.1). */
final class Handshake {
    private Handshake() {}

    /**
     * Whether a request without a body asks for the one protocol that is tunnelled. What does not is an ordinary request,
     * and its {@code Upgrade} is not passed on.
     */
    static boolean isWebSocket(HttpRequest head) {
        HttpHeaders headers = head.headers();
        List<String> protocols = headers.getAll(HttpHeaderNames.UPGRADE);
        return head.method().equals(HttpMethod.GET)
                && head.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && protocols.size() == 1
                && protocols.get(0).equalsIgnoreCase("websocket")
                && names(headers, "upgrade")
                && !names(headers, "close")
                && headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY)
                && headers.contains(HttpHeaderNames.SEC_WEBSOCKET_VERSION)
                && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
    }

    private static boolean names(HttpHeaders headers, String token) {
        for (String connection : headers.getAll(HttpHeaderNames.CONNECTION)) {
            if (HopByHop.lists(connection, token)) {
                return true;
            }
        }
        return false;
    }
}
