package io.gatehouse.core.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests off the wire as strictly as a proxy must, where two parsers could otherwise read one request in two
 * ways: nothing but empty lines before a request, single spaces in the request line, no odd bytes in method and target, a
 * version that is spoken here, no nameless headers, no folded lines, not too many of them. The rest (line ends, header characters, lengths, chunks, {@code Content-Length} beside
 * {@code Transfer-Encoding}) Netty refuses by itself.
 *
 * <p>What is refused here never becomes a request. What a whole head says is checked by {@link StrictHead}.
 *
 * <p>Behind a WebSocket handshake nothing is read as HTTP before its answer has decided what the bytes are: those of a
 * tunnel, which go on as contents of the request, or the next request.
 */
final class StrictDecoder extends VertxHttpRequestDecoder {
    /** What may wait behind a handshake that is not answered yet before no more is read. */
    private static final int HELD_LIMIT = 64 * 1024;

    /** A line that is refused wherever a line is read. */
    private static final byte[] REFUSED_LINE = {':', '\r', '\n'};

    private final Runnable bytesCame;
    private final int maxHeaders;
    private @Nullable ByteBuf input;
    private boolean between = true;
    private boolean inLines;
    private int headers;
    private int lengths;
    private boolean upgrade;
    private @Nullable HttpRequest handshake;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ArrayDeque<ByteBuf> held;
    private int heldBytes;
    private boolean tunnel;

    /** @param bytesCame is run whenever bytes came, whatever they will turn out to be */
    StrictDecoder(HttpServerOptions options, Runnable bytesCame, int maxHeaders) {
        super(options);
        this.bytesCame = bytesCame;
        this.maxHeaders = maxHeaders;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (tunnel) {
            ctx.fireChannelRead(new DefaultHttpContent((ByteBuf) message));
        } else if (held != null) {
            hold(ctx, (ByteBuf) message);
        } else {
            bytesCame.run();
            super.channelRead(ctx, message);
        }
    }

    /** Of a handshake only the head goes on: it has no end yet, since what follows may be its tunnel. */
    private void holdBehindHandshake(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        upgrade = false;
        int last = out.size() - 1;
        if (out.get(last) == LastHttpContent.EMPTY_LAST_CONTENT
                && out.get(last - 1) instanceof HttpRequest head
                && Handshake.isWebSocket(head)) {
            out.remove(last);
            handshake = head;
            context = ctx;
            held = new ArrayDeque<>(2);
            heldBytes = 0;
            if (in.isReadable()) {
                hold(ctx, in.readRetainedSlice(in.readableBytes()));
            }
        }
    }

    private void hold(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (held != null) {
            held.add(bytes);
            heldBytes += bytes.readableBytes();
            if (heldBytes > HELD_LIMIT) {
                ctx.channel().config().setAutoRead(false);
            }
        }
    }

    /** Whether a request is a handshake that waits for its answer. */
    boolean isHandshake(HttpRequest head) {
        return head == handshake;
    }

    /** The handshake was answered, and so decided what the bytes behind it are. */
    void answered(boolean switched) {
        ChannelHandlerContext ctx = context;
        ArrayDeque<ByteBuf> waiting = held;
        if (ctx == null || waiting == null) {
            return; // the connection has ended
        }
        handshake = null;
        context = switched ? ctx : null;
        held = null;
        tunnel = switched;
        if (!switched) {
            ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        try {
            for (ByteBuf bytes = waiting.poll(); bytes != null; bytes = waiting.poll()) {
                channelRead(ctx, bytes);
            }
        } catch (Exception e) {
            waiting.forEach(ByteBuf::release);
            ctx.fireExceptionCaught(e);
        }
        ctx.fireChannelReadComplete();
        if (heldBytes > HELD_LIMIT) {
            heldBytes = 0;
            ctx.channel().config().setAutoRead(true);
        }
    }

    /** The client has sent the last byte of its tunnel. */
    void tunnelEnded() {
        ChannelHandlerContext ctx = context;
        if (tunnel && ctx != null) {
            context = null;
            ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        ArrayDeque<ByteBuf> waiting = held;
        if (waiting != null) {
            held = null;
            waiting.forEach(ByteBuf::release);
        }
        super.channelInactive(ctx);
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
            if (upgrade) {
                holdBehindHandshake(ctx, in, out);
            }
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
            if (!StrictHead.ofMethod(line[i])) {
                throw Refusal.BAD_REQUEST.refused();
            }
        }
        return super.splitFirstWordInitialLine(line, start, length);
    }

    @Override
    protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
        requireOneSpaceBefore(line, start);
        for (int i = start; i < start + length; i++) {
            if (!StrictHead.ofTarget(line[i])) {
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
        upgrade = false;
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

    /** Vert.x knows Content-Length and Content-Type again, but does not look at the letter behind the hyphen. */
    private static boolean isMistaken(byte[] line, int start, int length) {
        return length == 14 && (line[start + 8] | 0x20) != 'l' || length == 12 && (line[start + 8] | 0x20) != 't';
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
        AsciiString name = isMistaken(line, start, length)
                ? new AsciiString(line, start, length, true)
                : super.splitHeaderName(line, start, length);
        upgrade |= length == 7 && HttpHeaderNames.UPGRADE.contentEqualsIgnoreCase(name);
        // Netty takes the first of two lengths for HTTP/1.0, and eight bytes of body for an early draft of WebSocket
        if (length == 14 && HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && ++lengths > 1
                || length == 18 && HttpHeaderNames.SEC_WEBSOCKET_KEY1.contentEqualsIgnoreCase(name)) {
            throw Refusal.BAD_REQUEST.refused();
        }
        return name;
    }
}
