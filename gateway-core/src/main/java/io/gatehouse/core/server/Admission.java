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
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
@SuppressWarnings("deprecation") // one method of the interface that is only passed on
public final class Admission implements Transport, io.vertx.core.spi.transport.Transport {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    /** The log tells of connections that were turned away at most so often. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final io.vertx.core.spi.transport.Transport real;
    private final Set<String> listeners = new HashSet<>();
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
            this.listeners.add(key(listeners.get(i).host(), listeners.get(i).bindPort(i)));
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
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object accepted) {
            if (accepted instanceof Channel connection && !admits(connection)) {
                connection.unsafe().closeForcibly();
            } else {
                ctx.fireChannelRead(accepted);
            }
        }
    }

    @Override
    public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        real.configure(options, domainSocket, bootstrap);
        if (listeners.contains(key(options.getHost(), options.getPort()))) {
            bootstrap.handler(new Gate());
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
