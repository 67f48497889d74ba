package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.exchange.Sweeper;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.CharsetUtil;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A piece of an answer that cannot be written, for want of memory, and is not the last one. */
@SuppressWarnings({"AddressSelection", "FutureReturnValueIgnored"
}) // an address is an address; what is lost is seen by the client
class LostPieceIT {
    private static final long LONG = TimeUnit.SECONDS.toNanos(30);
    private static final String GET = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private final Vertx vertx = Vertx.vertx();

    /** Takes a piece away once, as an allocator does that has nothing left. */
    private static final class Loses extends ChannelDuplexHandler {
        private final String piece;

        Loses(String piece) {
            this.piece = piece;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof ByteBuf bytes
                    && bytes.toString(CharsetUtil.US_ASCII).contains(piece)) {
                bytes.release();
                promise.setFailure(new OutOfMemoryError("planted"));
            } else {
                context.write(message, promise);
            }
        }
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private String answer(String lost, boolean chunked) throws Exception {
        HttpServerOptions options = new HttpServerOptions();
        HttpServer server = vertx.createHttpServer(options)
                .connectionHandler(connection -> {
                    Limits limits = new Limits(LONG, LONG, LONG, LONG, 100, LONG, 0, 0, LONG, 1024, 1024, LONG);
                    ClientConnection.accept(connection, options, limits, new Sweeper(vertx, 100));
                    ((ConnectionBase) connection).channel().pipeline().addFirst(new Loses(lost));
                })
                .requestHandler(request -> {
                    ClientConnection.of(request).begins(request);
                    HttpServerResponse response = request.response();
                    if (chunked) {
                        response.setChunked(true);
                    } else {
                        response.putHeader("Content-Length", "20");
                    }
                    response.write("first;");
                    vertx.setTimer(5, t -> {
                        response.write("second;");
                        response.write("third;");
                        vertx.setTimer(5, later -> response.end("."));
                    });
                });
        int port = server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS)
                .actualPort();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout((int) Rig.SOON.toMillis());
            Rig.send(socket, GET);
            return Rig.rest(socket);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"second;", "third;", "."})
    void isNotFollowedByTheNext(String lost) throws Exception {
        assertThat(answer(lost, true))
                .contains("first;")
                .doesNotContain("\r\n0\r\n")
                .endsWith("<reset>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"second;", "third;"})
    void isNotFollowedByTheNextWhereALengthWasTold(String lost) throws Exception {
        assertThat(answer(lost, false)).contains("first;").doesNotEndWith(".").endsWith("<reset>");
    }

    @Test
    void isNothingThatHappensByItself() throws Exception {
        assertThat(answer("nothing", true))
                .contains("second;")
                .contains("third;")
                .contains("\r\n0\r\n");
    }
}
