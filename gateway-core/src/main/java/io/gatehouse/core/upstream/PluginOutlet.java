package io.gatehouse.core.upstream;

import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.service.NamedServer;
import io.gatehouse.core.service.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one plugin instance or factory writes to one address. Any thread; all of it happens on one event loop. */
public final class PluginOutlet implements Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(PluginOutlet.class);

    private final Vertx vertx;
    private final TlsDefaults tls;
    private final OutletOptions options;
    private final Context loop;
    private final Door door;
    private final ArrayDeque<Write> waiting = new ArrayDeque<>();
    private @Nullable Write current;
    private boolean closed;

    private record Write(Buffer bytes, Promise<Void> done) {}

    /** One way out. Used on the event loop. */
    private interface Door {
        Future<Void> write(Buffer bytes);

        /** Gives up what is open. */
        Future<Void> close();
    }

    /**
     * Makes an outlet; nothing is opened yet.
     *
     * @throws UnsupportedOperationException when this machine cannot write in this way
     */
    public PluginOutlet(Vertx vertx, TlsDefaults tls, OutletOptions options) {
        this.vertx = vertx;
        this.tls = tls;
        this.options = options;
        // an event loop of its own, whoever asks for it: a plugin is made on a worker thread
        this.loop = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
        this.door = switch (options.kind()) {
            case TCP -> new Stream();
            case UDP -> new Datagrams();
            case LOCAL -> new Local();
        };
    }

    @Override
    public Future<Void> write(Buffer bytes) {
        Promise<Void> done = ((ContextInternal) vertx.getOrCreateContext()).promise();
        loop.runOnContext(v -> {
            if (closed) {
                done.tryFail(new IOException(options + ": the plugin has been closed"));
                return;
            }
            waiting.add(new Write(bytes, done));
            next();
        });
        return done.future();
    }

    /** Closes what is open; writes that are under way fail. */
    public Future<Void> close() {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> {
            closed = true;
            for (Write write = waiting.poll(); write != null; write = waiting.poll()) {
                write.done().tryFail(new IOException(options + ": the plugin has been closed"));
            }
            door.close().onComplete(done);
        });
        return done.future();
    }

    private void next() {
        Write write = current == null ? waiting.poll() : null;
        if (write == null) {
            return;
        }
        current = write;
        long millis = Math.max(1, options.timeout().toMillis());
        long timer = vertx.setTimer(millis, t -> {
            if (write.done().tryFail(new IOException(options + ": not written within " + millis + " ms"))) {
                door.close().onFailure(e -> LOG.debug("an outlet did not close", e));
            }
        });
        door.write(write.bytes()).onComplete(outcome -> {
            vertx.cancelTimer(timer);
            if (outcome.succeeded()) {
                write.done().tryComplete();
            } else {
                write.done().tryFail(outcome.cause());
                door.close().onFailure(e -> LOG.debug("an outlet did not close", e));
            }
            current = null;
            next();
        });
    }

    /** A connection that is opened when it is needed. */
    private final class Stream implements Door {
        private @Nullable NetClient client;
        private @Nullable NetSocket open;

        @Override
        public Future<Void> write(Buffer bytes) {
            NetSocket socket = open;
            Future<NetSocket> connected = socket != null ? Future.succeededFuture(socket) : connect();
            return connected.compose(there -> there.write(bytes).onSuccess(written -> {
                if (options.keepAlive().isZero()) {
                    drop(there);
                }
            }));
        }

        private Future<NetSocket> connect() {
            ConnectOptions to = new ConnectOptions()
                    .setHost(options.host())
                    .setPort(options.port())
                    .setSsl(options.tls());
            Future<NetSocket> connecting = client().connect(to);
            if (options.tls()) {
                connecting = connecting.recover(
                        e -> Future.failedFuture(new IOException(options + ": " + Reason.text(e), e)));
            }
            return connecting.map(socket -> {
                open = socket;
                socket.handler(unread -> {});
                socket.exceptionHandler(e -> LOG.debug("an outlet's connection broke", e));
                socket.closeHandler(v -> {
                    if (open == socket) {
                        open = null;
                    }
                });
                return socket;
            });
        }

        private NetClient client() {
            NetClient made = client;
            if (made == null) {
                NetClientOptions net = new NetClientOptions()
                        .setConnectTimeout((int)
                                Math.min(Integer.MAX_VALUE, options.timeout().toMillis()))
                        .setTcpNoDelay(true)
                        .setHostnameVerificationAlgorithm(options.verifyTls() ? "HTTPS" : "");
                String serverName = options.serverName();
                if (options.tls() && serverName != null) {
                    net.setSslEngineOptions(new NamedServer(serverName));
                }
                tls.trust(net, TlsOptions.builder().verify(options.verifyTls()).build());
                if (!options.keepAlive().isZero()) {
                    net.setIdleTimeoutUnit(TimeUnit.MILLISECONDS).setIdleTimeout((int)
                            Math.min(Integer.MAX_VALUE, options.keepAlive().toMillis()));
                }
                made = vertx.createNetClient(net);
                client = made;
            }
            return made;
        }

        private void drop(NetSocket socket) {
            open = null;
            socket.close().onFailure(e -> LOG.debug("an outlet's connection did not close", e));
        }

        @Override
        public Future<Void> close() {
            NetSocket socket = open;
            open = null;
            NetClient made = client;
            if (closed && made != null) {
                client = null;
                return made.close();
            }
            return socket == null ? Future.succeededFuture() : socket.close();
        }
    }

    /** Datagrams over UDP. */
    private final class Datagrams implements Door {
        private @Nullable DatagramSocket open;

        @Override
        public Future<Void> write(Buffer bytes) {
            DatagramSocket socket = open;
            if (socket == null) {
                socket = vertx.createDatagramSocket(
                        new DatagramSocketOptions().setIpV6(options.host().indexOf(':') >= 0));
                socket.exceptionHandler(e -> LOG.debug("an outlet's socket broke", e));
                open = socket;
            }
            return socket.send(bytes, options.port(), options.host());
        }

        @Override
        public Future<Void> close() {
            DatagramSocket socket = open;
            open = null;
            return socket == null ? Future.succeededFuture() : socket.close();
        }
    }

    /** Datagrams to a socket in the file system, of which neither the JDK nor Vert.x knows. */
    private final class Local implements Door {
        private @Nullable Channel open;

        private Local() {
            if (!Epoll.isAvailable() || !vertx.isNativeTransportEnabled()) {
                throw new UnsupportedOperationException(
                        options + ": cannot be written on this machine (expected: Linux with native transport)");
            }
        }

        @Override
        public Future<Void> write(Buffer bytes) {
            Channel channel = open;
            Promise<Void> written = Promise.promise();
            if (channel != null && channel.isActive()) {
                send(channel, bytes, written);
                return written.future();
            }
            new Bootstrap()
                    .group(((ContextInternal) loop).nettyEventLoop())
                    .channel(EpollDomainDatagramChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(new DomainSocketAddress(options.host()))
                    .addListener((ChannelFutureListener) connected -> {
                        if (connected.isSuccess()) {
                            open = connected.channel();
                            send(connected.channel(), bytes, written);
                        } else {
                            written.fail(connected.cause());
                        }
                    });
            return written.future();
        }

        private void send(Channel channel, Buffer bytes, Promise<Void> written) {
            channel.writeAndFlush(Unpooled.wrappedBuffer(bytes.getBytes())).addListener(sent -> {
                if (sent.isSuccess()) {
                    written.complete();
                } else {
                    written.fail(sent.cause());
                }
            });
        }

        @Override
        public Future<Void> close() {
            Channel channel = open;
            open = null;
            if (channel != null) {
                ChannelFuture unused = channel.close();
            }
            return Future.succeededFuture();
        }
    }
}
