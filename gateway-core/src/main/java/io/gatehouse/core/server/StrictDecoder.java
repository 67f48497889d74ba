package io.gatehouse.core.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests off the wire as strictly as a proxy must, where two parsers could otherwise read one request in two
 * ways: nothing but empty lines before a request, single spaces in the request line, no odd bytes in method and target, a
 * version that is spoken here, no nameless headers, no folded lines, not too many of them. The rest (line ends, header characters, lengths, chunks, {@code Content-Length} beside
 * {@code Transfer-Encoding}) Netty refuses by itself.
 *
 * <p>What is refused here never becomes a request. What a whole head says is checked by {@link StrictHead}.
 */
final class StrictDecoder extends VertxHttpRequestDecoder {
    /** A line that is refused wherever a line is read. */
    private static final byte[] REFUSED_LINE = {':', '\r', '\n'};

    private final ClientConnection connection;
    private final int maxHeaders;
    private @Nullable ByteBuf input;
    private boolean between = true;
    private boolean inLines;
    private int headers;
    private int lengths;

    StrictDecoder(HttpServerOptions options, ClientConnection connection, int maxHeaders) {
        super(options);
        this.connection = connection;
        this.maxHeaders = maxHeaders;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        connection.bytesCame();
        super.channelRead(ctx, message);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (between && !skipEmptyLines(in) || inLines && startsWithBlank(in)) {
            in.skipBytes(in.readableBytes());
            super.decode(ctx, Unpooled.wrappedBuffer(REFUSED_LINE), out);
        } else if (!between || startsLine(in)) {
            input = in;
            super.decode(ctx, in, out);
            input = null;
        }
        int size = out.size();
        if (size > 0) {
            inLines = false;
            between = out.get(size - 1) instanceof LastHttpContent;
        }
    }

    /** Before a request there may be empty lines, Netty would also take half ones; false when there is something else. */
    private static boolean skipEmptyLines(ByteBuf in) {
        while (in.isReadable()) {
            byte first = in.getByte(in.readerIndex());
            if (first == '\n') {
                return false;
            }
            if (first != '\r' || in.readableBytes() == 1) {
                return true;
            }
            if (in.getByte(in.readerIndex() + 1) != '\n') {
                return false;
            }
            in.skipBytes(2);
        }
        return true;
    }

    /** Whether more has come than half of an empty line. */
    private static boolean startsLine(ByteBuf in) {
        return in.isReadable() && in.getByte(in.readerIndex()) != '\r';
    }

    /** A line that goes on in the next one: Netty would join them, and others read them in other ways. */
    private static boolean startsWithBlank(ByteBuf in) {
        if (!in.isReadable()) {
            return false;
        }
        byte first = in.getByte(in.readerIndex());
        return first == ' ' || first == '\t';
    }

    @Override
    protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
        if (start != 0 || length == 0) {
            throw Refusal.BAD_REQUEST.refused();
        }
        for (int i = start; i < start + length; i++) {
            byte b = line[i];
            if ((b < 'A' || b > 'Z') && b != '-' && b != '_') {
                throw Refusal.BAD_REQUEST.refused();
            }
        }
        return super.splitFirstWordInitialLine(line, start, length);
    }

    @Override
    protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
        requireOneSpaceBefore(line, start);
        for (int i = start; i < start + length; i++) {
            byte b = line[i];
            if (b <= ' ' || b == 0x7f || b == '#') { // bytes from 0x80 on are negative
                throw Refusal.BAD_REQUEST.refused();
            }
        }
        return super.splitSecondWordInitialLine(line, start, length);
    }

    @Override
    protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
        requireOneSpaceBefore(line, start);
        return super.splitThirdWordInitialLine(line, start, length);
    }

    private static void requireOneSpaceBefore(byte[] line, int start) {
        if (line[start - 1] != ' ' || line[start - 2] <= ' ') {
            throw Refusal.BAD_REQUEST.refused();
        }
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        between = false;
        headers = 0;
        lengths = 0;
        String version = initialLine[2];
        if (!version.equals(HttpVersion.HTTP_1_1.text()) && !version.equals(HttpVersion.HTTP_1_0.text())) {
            throw (version.startsWith("HTTP/") ? Refusal.VERSION : Refusal.BAD_REQUEST).refused();
        }
        String method = initialLine[0];
        if (method.equals("TRACE") || method.equals("CONNECT")) {
            throw Refusal.METHOD.refused();
        }
        return super.createMessage(initialLine);
    }

    @Override
    protected HttpMessage createInvalidMessage() {
        return new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/bad-request", Unpooled.EMPTY_BUFFER);
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (length == 0) {
            throw Refusal.BAD_REQUEST.refused();
        }
        inLines = true;
        ByteBuf rest = input; // behind this line
        if (rest != null && startsWithBlank(rest)) {
            throw Refusal.BAD_REQUEST.refused();
        }
        if (++headers > maxHeaders) {
            throw Refusal.TOO_MANY.refused();
        }
        AsciiString name = super.splitHeaderName(line, start, length);
        // Netty takes the first of two lengths for HTTP/1.0, and eight bytes of body for an early draft of WebSocket
        if (length == 14 && HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && ++lengths > 1
                || length == 18 && HttpHeaderNames.SEC_WEBSOCKET_KEY1.contentEqualsIgnoreCase(name)) {
            throw Refusal.BAD_REQUEST.refused();
        }
        return name;
    }
}
