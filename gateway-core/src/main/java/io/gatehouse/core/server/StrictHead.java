package io.gatehouse.core.server;

import io.gatehouse.api.HiddenDots;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.upstream.HopByHop;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request, read once and strictly: which host and path everybody means from here on, whether a body
 * follows, and whether the connection goes on afterwards. What {@link StrictDecoder} lets through and still must not be
 * served has a {@link #refusal()}.
 */
final class StrictHead {
    private final boolean old;
    private final boolean follows;
    private String target;
    private @Nullable HostHeader host;
    private @Nullable RequestPath path;
    private @Nullable Refusal refusal;
    private @Nullable String transferEncoding;
    private int hosts;
    private long length = -1;
    private boolean close;
    private boolean keepAlive;
    private boolean trailers;
    private boolean expectsContinue;

    private StrictHead(String target, boolean old, boolean follows) {
        this.target = target;
        this.old = old;
        this.follows = follows;
    }

    static StrictHead of(ClientSide request) {
        StrictHead head =
                new StrictHead(request.target(), request.version() == HttpVersion.HTTP_1_0, request.bodyFollows());
        head.readHeaders(request.headers());
        head.readTarget();
        return head;
    }

    /** Whether a method may have this character or byte, over any version of HTTP. */
    static boolean ofMethod(int c) {
        return c >= 'A' && c <= 'Z' || c == '-' || c == '_';
    }

    /** Whether a target may have this character or byte, over any version of HTTP; bytes from 0x80 on are negative. */
    static boolean ofTarget(int c) {
        return c > ' ' && c < 0x7f && c != '#';
    }

    /** What is wrong; null when nothing is. Without one, there is a path, and a host but for HTTP/1.0. */
    @Nullable
    Refusal refusal() {
        return refusal;
    }

    @Nullable
    HostHeader host() {
        return host;
    }

    @Nullable
    RequestPath path() {
        return path;
    }

    /** The target in origin form, whatever form it came in. */
    String target() {
        return target;
    }

    boolean hasBody() {
        return length > 0 || transferEncoding != null || follows && length < 0;
    }

    /** The announced length of the body; -1 when it is chunked or there is none. */
    long length() {
        return length;
    }

    /** Whether the client wants the connection to end with the answer. */
    boolean closes() {
        return close || (old && !keepAlive);
    }

    /** Whether the client reads trailers. */
    boolean takesTrailers() {
        return trailers;
    }

    /** Whether the client holds its body back until it is told to send it. */
    boolean expectsContinue() {
        return expectsContinue && hasBody();
    }

    private void refuse(Refusal why) {
        if (refusal == null) {
            refusal = why;
        }
    }

    private void readHeaders(MultiMap headers) {
        headers.forEach(this::readHeader);
        if (hosts > 1 || host == null && (hosts == 1 || !old)) {
            refuse(Refusal.BAD_REQUEST);
        }
    }

    private void readHeader(String name, String value) {
        switch (name.length()) { // most names are none of these and are not compared for nothing
            case 2 -> {
                if (name.equalsIgnoreCase("TE")) {
                    trailers |= HopByHop.lists(value, "trailers");
                }
            }
            case 4 -> {
                if (name.equalsIgnoreCase("Host")) {
                    hosts++;
                    host = HostHeader.of(value);
                }
            }
            case 6 -> {
                if (name.equalsIgnoreCase("Expect")) {
                    readExpectation(value);
                }
            }
            case 10 -> {
                if (name.equalsIgnoreCase("Connection")) {
                    close |= HopByHop.lists(value, "close");
                    keepAlive |= HopByHop.lists(value, "keep-alive");
                }
            }
            case 14 -> {
                if (name.equalsIgnoreCase("Content-Length")) {
                    length = Long.parseLong(value); // Netty lets one number of digits through, no more
                }
            }
            case 17 -> {
                if (name.equalsIgnoreCase("Transfer-Encoding")) {
                    readCoding(value);
                }
            }
            default -> {}
        }
    }

    private void readExpectation(String value) {
        if (value.equalsIgnoreCase("100-continue")) {
            expectsContinue = !old;
        } else if (!old) {
            refuse(Refusal.EXPECTATION);
        }
    }

    /** The one coding that is decoded here; anything around it would be passed on in another meaning than it came in. */
    private void readCoding(String value) {
        if (transferEncoding != null || hasEmptyElement(value)) {
            refuse(Refusal.BAD_REQUEST);
        } else if (!value.equalsIgnoreCase("chunked")) {
            refuse(Refusal.CODING);
        }
        transferEncoding = value;
    }

    private static boolean hasEmptyElement(String list) {
        boolean empty = true;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            if (c == ',') {
                if (empty) {
                    return true;
                }
                empty = true;
            } else if (c != ' ' && c != '\t') {
                empty = false;
            }
        }
        return empty;
    }

    private void readTarget() {
        if (!target.startsWith("/")) {
            toOriginForm();
        }
        path = RequestPath.of(target);
        // a NUL also where normalising has taken its segment away
        if (path == null || path.raw().contains("%00") || HiddenDots.in(path.path())) {
            refuse(Refusal.BAD_REQUEST);
        }
    }

    /** {@code http://host/path} asks for {@code /path}, if it names the very host that the header names. */
    private void toOriginForm() {
        int port = target.regionMatches(true, 0, "http://", 0, 7)
                ? 80
                : target.regionMatches(true, 0, "https://", 0, 8) ? 443 : -1;
        if (port < 0) {
            return; // no path is found in it then
        }
        int from = port == 80 ? 7 : 8;
        int end = from;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        HostHeader named = HostHeader.of(target.substring(from, end));
        if (named != null && hosts == 0 && old) {
            host = named;
        } else if (named == null || host == null || !named.sameAs(host, port)) {
            refuse(Refusal.BAD_REQUEST);
        }
        String rest = target.substring(end);
        target = rest.startsWith("/") ? rest : "/" + rest;
    }
}
