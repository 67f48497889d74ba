package io.gatehouse.core.server;

import io.gatehouse.core.upstream.HopByHop;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request of HTTP/2, read as strictly as {@link StrictDecoder} reads one of HTTP/1: whatever goes on to an
 * upstream of HTTP/1 must mean the same there. What is malformed in the sense of RFC 9113, 8.1.1, is a stream error; what
 * is merely not served has a {@link #refusal()}.
 *
 * @param target {@code :path}
 * @param headers the fields, with the authority as {@code host} and cookies in one piece
 * @param refusal why the request is not served; null when nothing is wrong so far
 */
record StreamHead(
        HttpMethod method,
        String target,
        MultiMap headers,
        @Nullable Refusal refusal) {
    private static final int PSEUDO_HEADERS = 4;

    static StreamHead of(int streamId, Http2Headers in, int maxHeaders) throws Http2Exception {
        String method = required(streamId, in.method(), ":method");
        Refusal refusal = in.size() > maxHeaders + PSEUDO_HEADERS ? Refusal.TOO_MANY : null;
        if (method.equals("CONNECT") || method.equals("TRACE")) {
            return refused(Refusal.METHOD);
        }
        String scheme = required(streamId, in.scheme(), ":scheme");
        String path = required(streamId, in.path(), ":path");
        if (refusal != null) {
            return refused(refusal);
        }
        if (!isMethod(method) || !isPath(path) || !scheme.equals("http") && !scheme.equals("https")) {
            refusal = Refusal.BAD_REQUEST;
        }
        MultiMap headers = HttpHeaders.headers();
        CharSequence authority = in.authority();
        if (authority != null) {
            headers.set(HttpHeaders.HOST, value(streamId, authority));
        }
        StringBuilder cookies = null;
        for (Map.Entry<CharSequence, CharSequence> field : in) {
            String name = field.getKey().toString();
            if (name.startsWith(":")) {
                continue;
            }
            requireName(streamId, name);
            String value = value(streamId, field.getValue());
            if (HopByHop.isOfHttp1(name)) {
                throw malformed(streamId, name + " belongs to a connection");
            }
            switch (name) {
                case "cookie" -> cookies = cookies == null ? new StringBuilder(value) : join(cookies, value);
                case "host" -> {
                    // like HTTP/1's: none may differ from the one that the request is routed by
                    if (headers.contains(HttpHeaders.HOST) && !value.equals(headers.get(HttpHeaders.HOST))) {
                        refusal = Refusal.BAD_REQUEST;
                    }
                    headers.set(HttpHeaders.HOST, value);
                }
                case "content-length" -> {
                    requireLength(streamId, value, headers.contains(HttpHeaders.CONTENT_LENGTH));
                    headers.set(HttpHeaders.CONTENT_LENGTH, value);
                }
                default -> headers.add(name, value);
            }
        }
        if (cookies != null) {
            headers.set(HttpHeaders.COOKIE, cookies.toString());
        }
        return refusal == null ? new StreamHead(HttpMethod.valueOf(method), path, headers, null) : refused(refusal);
    }

    /** The trailers of a body. */
    static MultiMap trailers(int streamId, Http2Headers in, int maxHeaders) throws Http2Exception {
        if (in.size() > maxHeaders) {
            throw malformed(streamId, "too many trailers");
        }
        MultiMap trailers = HttpHeaders.headers();
        for (Map.Entry<CharSequence, CharSequence> field : in) {
            String name = field.getKey().toString();
            requireName(streamId, name);
            trailers.add(name, value(streamId, field.getValue()));
        }
        return trailers;
    }

    /** Nothing else of it is of interest. */
    private static StreamHead refused(Refusal why) {
        return new StreamHead(HttpMethod.GET, "/bad-request", HttpHeaders.headers(), why);
    }

    private static StringBuilder join(StringBuilder cookies, String crumb) {
        return cookies.append("; ").append(crumb);
    }

    private static String required(int streamId, @Nullable CharSequence value, String name) throws Http2Exception {
        if (value == null || value.length() == 0) {
            throw malformed(streamId, "without " + name);
        }
        return value.toString();
    }

    private static boolean isMethod(String method) {
        return method.chars().allMatch(StrictHead::ofMethod);
    }

    private static boolean isPath(String path) {
        return path.charAt(0) == '/' && path.chars().allMatch(StrictHead::ofTarget);
    }

    /** A token without capitals. */
    private static void requireName(int streamId, String name) throws Http2Exception {
        if (name.isEmpty()) {
            throw malformed(streamId, "a field without a name");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean token = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            if (!token) {
                throw malformed(streamId, "a field name that is none");
            }
        }
    }

    /** Without spaces around it, as it would come over HTTP/1. */
    private static String value(int streamId, CharSequence value) throws Http2Exception {
        String text = value.toString();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' && c != '\t' || c == 0x7f) {
                throw malformed(streamId, "a control character in a field");
            }
        }
        return text.strip();
    }

    private static void requireLength(int streamId, String value, boolean again) throws Http2Exception {
        boolean number = !again && !value.isEmpty() && value.length() <= 18;
        for (int i = 0; i < value.length() && number; i++) {
            number = value.charAt(i) >= '0' && value.charAt(i) <= '9';
        }
        if (!number) {
            throw malformed(streamId, "a length that is none");
        }
    }

    private static Http2Exception malformed(int streamId, String what) {
        return Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "malformed: %s", what);
    }
}
