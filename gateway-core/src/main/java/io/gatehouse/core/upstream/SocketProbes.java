package io.gatehouse.core.upstream;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.api.WireText;
import io.gatehouse.core.balancer.Address;
import io.gatehouse.core.balancer.Probes;
import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Probes over sockets: a new connection each, of which the status line is all that counts. */
public final class SocketProbes implements Probes {
    private final Vertx vertx;
    private final TlsDefaults defaults;

    /** Makes probes, which trust what requests do, and show what requests do where an upstream has no certificate. */
    public SocketProbes(Vertx vertx, TlsDefaults defaults) {
        this.vertx = vertx;
        this.defaults = defaults;
    }

    @Override
    public Probe open(Active checks, TlsOptions tls) {
        return checks.type().equals("tcp") ? new OfTcp(vertx, checks) : new OfHttp(vertx, defaults, checks, tls);
    }

    private static int millis(Active checks) {
        return (int) Math.max(1, checks.timeout() * 1000);
    }

    private static Future<Integer> failed(Throwable e) {
        return Future.failedFuture(
                Failures.connecting(e).kind() == FailureKind.CONNECT_TIMEOUT
                        ? new TimeoutException(String.valueOf(e.getMessage()))
                        : e);
    }

    private static final class OfTcp implements Probe {
        private final NetClient client;

        OfTcp(Vertx vertx, Active checks) {
            this.client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(millis(checks)));
        }

        @Override
        public Future<Integer> probe(Address address, String hostHeader) {
            return client.connect(address.socketAddress())
                    .compose(socket -> {
                        socket.exceptionHandler(e -> {}); // it was there, and that is all that was asked
                        return socket.close().otherwiseEmpty().map(0);
                    })
                    .recover(SocketProbes::failed);
        }

        @Override
        public void close() {
            Future<Void> unused = client.close();
        }
    }

    /** As in Kong, gRPC servers are asked as HTTP servers are, by HTTP/1.1. */
    private static final class OfHttp implements Probe {
        private final Active checks;
        private final boolean tls;
        private final HttpClientAgent client;

        OfHttp(Vertx vertx, TlsDefaults defaults, Active checks, TlsOptions options) {
            this.checks = checks;
            this.tls = checks.type().equals("https") || checks.type().equals("grpcs");
            int millis = millis(checks);
            HttpClientOptions http = new HttpClientOptions()
                    .setKeepAlive(false)
                    .setConnectTimeout(millis)
                    .setSslHandshakeTimeout(millis)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                    .setDecompressionSupported(false)
                    .setMaxRedirects(0);
            if (tls) {
                defaults.apply(http, options);
            }
            this.client = vertx.httpClientBuilder()
                    .with(http)
                    .with(new PoolOptions().setHttp1MaxSize((int) Math.min(checks.concurrency(), 65_536)))
                    .build();
        }

        @Override
        public Future<Integer> probe(Address address, String hostHeader) {
            String host = hostHeader.isEmpty() ? address.name() : hostHeader;
            String sni = checks.httpsSni() == null ? withoutPort(host) : checks.httpsSni();
            RequestOptions options = new RequestOptions()
                    .setMethod(HttpMethod.GET)
                    .setServer(address.socketAddress())
                    .setHost(sni)
                    .setPort(address.port())
                    .setSsl(tls)
                    .setURI(checks.httpPath());
            boolean brackets = hostHeader.isEmpty() && host.indexOf(':') >= 0;
            options.putHeader(HttpHeaders.HOST, brackets ? '[' + host + ']' : host);
            for (Map.Entry<String, List<String>> header : checks.headers().entrySet()) {
                header.getValue().forEach(value -> options.addHeader(header.getKey(), WireText.encode(value)));
            }
            return client.request(options).compose(this::status).recover(SocketProbes::failed);
        }

        private Future<Integer> status(HttpClientRequest request) {
            request.exceptionHandler(e -> {}); // the answer's future tells it too
            request.connection().exceptionHandler(e -> {}); // a reset behind the answer is none of ours
            request.idleTimeout(millis(checks));
            return request.send()
                    .map(response -> {
                        response.exceptionHandler(e -> {});
                        return response.statusCode();
                    })
                    .eventually(() -> request.connection().close());
        }

        private static String withoutPort(String host) {
            int colon = host.indexOf(':');
            return colon > 0 && colon == host.lastIndexOf(':') ? host.substring(0, colon) : host;
        }

        @Override
        public void close() {
            Future<Void> unused = client.close();
        }
    }
}
