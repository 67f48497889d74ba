package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class InternalMetricsTest {
    @Test
    void countsTheRequestsOfVertxServersAndWatchesTheJvm() {
        InternalMetrics metrics = new InternalMetrics();
        Vertx vertx = metrics.vertxBuilder(new VertxOptions()).build();
        try {
            HttpServer server = vertx.createHttpServer()
                    .requestHandler(request -> request.response().end("fine"))
                    .listen(0, "127.0.0.1")
                    .await();
            vertx.createHttpClient()
                    .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/secret-path")
                    .compose(request -> request.send().compose(HttpClientResponse::body))
                    .await();

            // a request is counted behind its answer
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            String text = text(metrics);
            while (!text.contains("vertx_http_server_requests_total{") && System.nanoTime() - end < 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                text = text(metrics);
            }
            assertThat(text)
                    .contains("vertx_http_server_requests_total{", "jvm_memory_used_bytes{", "process_uptime_seconds")
                    .doesNotContain("secret-path");
        } finally {
            vertx.close().await();
            metrics.close();
        }
    }

    private static String text(InternalMetrics metrics) {
        StringBuilder text = new StringBuilder();
        metrics.write(text::append);
        return text.toString();
    }
}
