package io.gatehouse.core.server;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.AttributeKey;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the connections of clients as the system hands them over, before a byte of them is read or a TLS handshake
 * begins, and closes at once those that are too many. Vert.x tells of a connection only after its handshake; so this
 * stands around its transport, which sees the listening sockets.
 *
 * <p>Only the proxy's listeners are counted: the Admin and the Status API stay reachable. Any thread.
 */
// one method of the interface is only passed on; what Netty cannot close has closed
@SuppressWarnings({"deprecation", "FutureReturnValueIgnored"})
public final class Admission implements Transport, io.vertx.core.spi.transport.Transport {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private static final AttributeKey<Origin> SAID = AttributeKey.valueOf(Admission.class, "said");

    /** The log tells of connections that were turned away at most so often. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final io.vertx.core.spi.transport.Transport real;
    private final Map<String, Boolean> listeners = new HashMap<>();
    private final Traffic traffic;
    private final long most;
    private final Runnable turnedAway;
    private final LongSupplier nanoClock;
    private final AtomicLong quietUntil;
    private final AtomicLong untold = new AtomicLong();

    /**
     * Stands around the best transport that there is.
     *
     * @param listeners those whose connections count
     * @param most connections at a time; 0 for any number
     * @param turnedAway is told of each connection that is closed
     */
    public Admission(List<ProxyServer.Listener> listeners, Traffic traffic, long most, Runnable turnedAway) {
        this(best(), listeners, traffic, most, turnedAway, System::nanoTime);
    }

    Admission(
            io.vertx.core.spi.transport.Transport real,
            List<ProxyServer.Listener> listeners,
            Traffic traffic,
            long most,
            Runnable turnedAway,
            LongSupplier nanoClock) {
        this.real = real;
        for (int i = 0; i < listeners.size(); i++) {
            ProxyServer.Listener listener = listeners.get(i);
            this.listeners.put(key(listener.host(), listener.bindPort(i)), listener.proxied());
        }
        this.traffic = traffic;
        this.most = most == 0 ? Long.MAX_VALUE : most;
        this.turnedAway = turnedAway;
        this.nanoClock = nanoClock;
        this.quietUntil = new AtomicLong(nanoClock.getAsLong());
    }

    private static io.vertx.core.spi.transport.Transport best() {
        Transport known = Transport.nativeTransport();
        return (known != null && known.available() ? known : Transport.NIO).implementation();
    }

    private static String key(String host, int port) {
        return host + ' ' + port;
    }

    /** A connection came: whether it may stay. */
    boolean admits(Channel connection) {
        if (traffic.active() >= most) {
            turnedAway.run();
            untold.incrementAndGet();
            long now = nanoClock.getAsLong();
            long until = quietUntil.get();
            if (now - until >= 0 && quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
                LOG.warn(
                        "client connections are as many as there may be, further ones are closed at once:"
                                + " limit={} closed={}",
                        most,
                        untold.getAndSet(0));
            }
            return false;
        }
        traffic.connectionOpened();
        connection.closeFuture().addListener(closed -> traffic.connectionClosed());
        return true;
    }

    /** Sits on a listening socket, in front of what makes connections of what is accepted. */
    @ChannelHandler.Sharable
    private final class Gate extends ChannelInboundHandlerAdapter {
        private final boolean proxied;

        Gate(boolean proxied) {
            this.proxied = proxied;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object accepted) {
            if (accepted instanceof Channel connection) {
                if (!admits(connection)) {
                    connection.unsafe().closeForcibly();
                    return;
                }
                if (proxied) {
                    connection.pipeline().addLast(new HAProxyMessageDecoder(), new FirstWords());
                }
            }
            ctx.fireChannelRead(accepted);
        }
    }

    /**
     * Reads the first words of a connection, in front of TLS. Vert.x can do so as well, but loses what it has read. Who
     * does not begin so in time is caught by the deadlines of the TLS handshake and of the first head.
     */
    private static final class FirstWords extends SimpleChannelInboundHandler<HAProxyMessage> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage words) {
            switch (words.proxiedProtocol()) {
                case TCP4, TCP6 -> ctx.channel().attr(SAID).set(new Origin(words.sourceAddress(), words.sourcePort()));
                default -> {} // the proxy speaks for itself, or for something without an address
            }
            ctx.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("a connection does not begin with the PROXY protocol", cause);
            ctx.close();
        }
    }

    /** The client in the words of the PROXY protocol; null when it says none. */
    static @Nullable Origin said(Channel connection) {
        return connection.hasAttr(SAID) ? connection.attr(SAID).get() : null;
    }

    @Override
    public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        real.configure(options, domainSocket, bootstrap);
        Boolean proxied = listeners.get(key(options.getHost(), options.getPort()));
        if (proxied != null) {
            bootstrap.handler(new Gate(proxied));
        }
    }

    // ---- all else is the transport's own

    @Override
    public String name() {
        return "gatehouse";
    }

    @Override
    public boolean available() {
        return real.isAvailable();
    }

    @Override
    public io.vertx.core.spi.transport.Transport implementation() {
        return this;
    }

    @Override
    public boolean isAvailable() {
        return real.isAvailable();
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
        return real.unavailabilityCause();
    }

    @Override
    public boolean supportsDomainSockets() {
        return real.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
        return real.supportFileRegion();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
        return real.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
        return real.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return real.ioHandlerFactory();
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory threadFactory, int ioRatio) {
        return real.eventLoopGroup(type, threads, threadFactory, ioRatio);
    }

    @Override
    public DatagramChannel datagramChannel() {
        return real.datagramChannel();
    }

    @Override
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return real.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return real.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return real.serverChannelFactory(domainSocket);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
        real.configure(channel, options);
    }

    @Override
    public void configure(ClientOptionsBase options, int connectTimeout, boolean domainSocket, Bootstrap bootstrap) {
        real.configure(options, connectTimeout, domainSocket, bootstrap);
    }
}
