package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.gatehouse.simulator.WireRequest;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Any bytes are read as the same requests however they are cut, and what nobody could read in two ways is read as it
 * stands.
 */
public final class RequestFuzzer {
    private static final HttpServerOptions OPTIONS =
            new HttpServerOptions().setMaxHeaderSize(2048).setMaxInitialLineLength(1024);
    private static final int MAX_HEADERS = 20;

    /** A request, as far as it came. */
    private static final class Read {
        private final String line;
        private final List<String> fields;
        private final StringBuilder body = new StringBuilder();
        private final List<String> trailers = new ArrayList<>();
        private boolean whole;
        private boolean refused;

        Read(HttpRequest head) {
            line = head.method() + " " + head.uri() + " " + head.protocolVersion();
            fields = lines(head.headers());
            refused = head.decoderResult().isFailure();
        }

        private static List<String> lines(HttpHeaders headers) {
            List<String> lines = new ArrayList<>();
            for (Map.Entry<String, String> header : headers) {
                lines.add(header.getKey() + ": " + header.getValue());
            }
            return lines;
        }

        String shown() {
            return refused ? "refused" : line + fields + body + trailers + whole;
        }
    }

    private RequestFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("\5GET /a HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(ISO_8859_1));
    }

    /** Called by the fuzzer, and for each file of the corpus by the replay; the first byte says how the rest is cut. */
    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(data, 1, data.length);
        List<Read> whole = read(bytes, bytes.length);
        int size = 1 + (data[0] & 0x1f);
        String once = shown(whole);
        String cut = shown(read(bytes, size));
        if (!once.equals(cut)) {
            throw new AssertionError("in pieces of " + size + ": " + cut + "\nat once: " + once);
        }
        asItStands(WireRequest.beforeDoubt(bytes), whole);
    }

    private static void asItStands(List<WireRequest> expected, List<Read> read) {
        for (int i = 0; i < expected.size(); i++) {
            WireRequest request = expected.get(i);
            if (i >= read.size() || read.get(i).refused) {
                return; // stricter: the method, say, or the number of headers
            }
            Read found = read.get(i);
            String line = request.method() + " " + request.target() + " " + request.version();
            if (!found.line.equals(line)
                    || request.whole() && !found.body.toString().equals(request.body())
                    || request.whole() && !found.whole) {
                throw new AssertionError("read: " + found.shown() + "\nit is: " + request);
            }
            List<String> fields = request.fields().stream()
                    .map(field -> field.name() + ": " + field.value())
                    .toList();
            if (!String.join("\n", found.fields).equalsIgnoreCase(String.join("\n", fields))) {
                throw new AssertionError("fields: " + found.fields + "\nthey are: " + request.fields());
            }
        }
    }

    private static String shown(List<Read> all) {
        StringBuilder text = new StringBuilder();
        for (Read read : all) {
            text.append(read.shown()).append('\n');
        }
        return text.toString();
    }

    private static List<Read> read(byte[] bytes, int size) {
        EmbeddedChannel channel = new EmbeddedChannel(new StrictDecoder(OPTIONS, () -> {}, MAX_HEADERS));
        List<Read> all = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += size) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(size, bytes.length - at)));
            for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
                take(message, all);
                ReferenceCountUtil.release(message);
            }
        }
        channel.pipeline().removeFirst(); // without an end: that would be told as another refusal
        channel.finishAndReleaseAll();
        channel.checkException();
        return all;
    }

    private static void take(Object message, List<Read> all) {
        Read last = all.isEmpty() ? null : all.get(all.size() - 1);
        if (last != null && last.refused) {
            return; // what is behind it is never looked at
        }
        if (message instanceof HttpRequest head) {
            all.add(new Read(head));
        } else if (message instanceof HttpContent content && last != null) {
            if (content.decoderResult().isFailure()) {
                last.refused = true;
                return;
            }
            last.body.append(content.content().toString(ISO_8859_1));
            if (content instanceof LastHttpContent end) {
                last.trailers.addAll(Read.lines(end.trailingHeaders()));
                last.whole = true;
            }
        }
    }
}
