package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullUnmarked
class ErrorPagesTest {
    private final ErrorPages pages = new ErrorPages(ErrorFormat.PLAIN, Map.of());

    private Response written(String protocol, String contentType, int status, String message) {
        MultiMap headers = HttpHeaders.headers().set("Content-Type", contentType);
        FrozenHead head = new FrozenHead(HttpMethod.POST, "http", "a", "/a", "/a", null, headers, protocol, 80);
        return pages.write(Response.of(status), head, "1d", message, pages.page(ErrorFormat.JSON));
    }

    @ParameterizedTest
    @CsvSource({
        "200,0", "302,2", "400,3", "401,16", "403,7", "404,5", "405,3", "409,6", "413,3", "429,8", "499,1", "500,13",
        "501,12", "502,14", "503,14", "504,4"
    })
    void tellsGrpcClientsInTheirOwnStatus(int http, String grpc) {
        Response response = written("HTTP/2", "application/grpc+proto", http, "no");

        assertThat(response.status()).isEqualTo(http);
        assertThat(response.headers().get("grpc-status")).isEqualTo(grpc);
        assertThat(response.headers().get("content-type")).isEqualTo("application/grpc");
        assertThat(response.body().isEmpty()).isTrue();
    }

    @Test
    void encodesTheMessageForGrpc() {
        assertThat(written("HTTP/2", "application/grpc", 400, "100% \u00fc\n")
                        .headers()
                        .get("grpc-message"))
                .isEqualTo("100%25 %C3%BC%0A");
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1,application/grpc", "HTTP/2,application/grpc-web+proto", "HTTP/2,application/json"})
    void tellsAllOthersInABody(String protocol, String contentType) {
        Response response = written(protocol, contentType, 404, "none");

        assertThat(response.headers().get("grpc-status")).isNull();
        assertThat(response.body().bytes()).hasToString("{\n  \"message\":\"none\",\n  \"request_id\":\"1d\"\n}");
    }

    @ParameterizedTest
    @CsvSource({"'{\"message\":\"go away\"}',go away", "plain words,plain words", "'{\"a\":1}',", "'',"})
    void translatesWhatPluginsSayToGrpcClients(String body, String message) {
        MultiMap headers = HttpHeaders.headers().set("Content-Type", "application/grpc");
        FrozenHead grpc = new FrozenHead(HttpMethod.POST, "http", "a", "/a", "/a", null, headers, "HTTP/2", 80);
        Response response = Response.of(403).body(Body.of(Buffer.buffer(body)));

        ErrorPages.adapt(response, grpc);

        assertThat(response.headers().get("grpc-status")).isEqualTo("7");
        assertThat(response.headers().get("grpc-message")).isEqualTo(message);
        assertThat(response.body().isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | JSON",
                "text/plain | PLAIN",
                "TEXT/HTML | HTML",
                "application/xml; charset=utf-8 | XML",
                "text/* | PLAIN",
                "*/* | JSON",
                "application/* | JSON",
                "image/* | JSON",
                "image/png, text/html | JSON",
                "text/html;q=0.1, text/plain;q=0.10, application/xml;q=0.2 | XML",
                "text/html;q=0 | JSON",
                "text/html; level=1; Q=0.5, text/plain | PLAIN",
                "text/html;q=0.5, text/plain;q=x | PLAIN",
                "nonsense | JSON",
                "',,' | JSON"
            })
    void readsWhatAcceptWants(String accept, ErrorFormat format) {
        assertThat(ErrorFormat.wanted(accept)).isEqualTo(format);
    }
}
