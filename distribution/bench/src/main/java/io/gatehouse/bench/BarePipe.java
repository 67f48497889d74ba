package io.gatehouse.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;

/** The least that Vert.x can do: server to client, headers copied, nothing else. What a gateway on it can cost at best. */
public final class BarePipe extends AbstractVerticle {
    private final int port;
    private final int upstream;

    private BarePipe(int port, int upstream) {
        this.port = port;
        this.upstream = upstream;
    }

    /** Starts with one event loop, on the native transport where it is on the class path. Arguments: own port, upstream's port. */
    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        int upstream = Integer.parseInt(args[1]);
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true))
                .deployVerticle(new BarePipe(port, upstream));
    }

    @Override
    public void start() {
        HttpClient client = vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(4096));
        vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setAcceptBacklog(4096))
                .requestHandler(in -> {
                    in.pause();
                    client.request(new RequestOptions()
                                    .setHost("127.0.0.1")
                                    .setPort(upstream)
                                    .setMethod(in.method())
                                    .setURI(in.uri()))
                            .compose(out -> {
                                out.headers().addAll(in.headers()).remove("host");
                                return out.send(in);
                            })
                            .onSuccess(answer -> {
                                in.response().setStatusCode(answer.statusCode());
                                in.response().headers().addAll(answer.headers());
                                answer.pipeTo(in.response());
                            })
                            .onFailure(e -> in.response().setStatusCode(502).end());
                })
                .listen();
    }
}
