package io.gatehouse.plugins.transform.grpcweb;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcWebTest {
    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new GrpcWebFactory(), yaml);
    }

    /** A service that answers with these messages, and says in trailers how the call went. */
    private static Next answering(BodyEnd end, Buffer... messages) {
        return request -> {
            Response response = Response.of(200);
            response.headers().set("Content-Type", "application/grpc");
            return Response.done(response.body(Body.of(new Pieces(end, messages), -1)));
        };
    }

    private static BodyEnd status(String... trailers) {
        MultiMap map = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < trailers.length; i += 2) {
            map.add(trailers[i], trailers[i + 1]);
        }
        return BodyEnd.ok(map);
    }

    private static final class Pieces implements BodyReader<Buffer> {
        private final BodyEnd end;
        private final ArrayDeque<Buffer> pieces;

        private Pieces(BodyEnd end, Buffer... pieces) {
            this.end = end;
            this.pieces = new ArrayDeque<>(List.of(pieces));
        }

        @Override
        public Future<@Nullable Buffer> next() {
            return Future.succeededFuture(pieces.poll());
        }

        @Override
        public BodyEnd end() {
            return end;
        }

        @Override
        public void cancel() {
            pieces.clear();
        }
    }

    private static TestExchange call(PluginTester tester, String type, Buffer body) {
        return tester.request(HttpMethod.POST, "/pets.Pets/Get?x=1")
                .header("Content-Type", type)
                .body(Body.of(body))
                .send()
                .readAll();
    }

    @ParameterizedTest
    @CsvSource({
        "application/grpc-web, false",
        "application/grpc-web+proto, false",
        "Application/gRPC-Web; charset=utf-8, false",
        "application/grpc-web-text, true",
        "application/grpc-web-text+proto, true"
    })
    void translatesBothWays(String type, boolean text) {
        Buffer asked = Frames.message("ask");
        Buffer answer = Frames.message("answer").appendBuffer(Frames.message(""));
        Buffer last = Frames.trailers("grpc-status:0\r\nx-more:1\r\n");
        try (PluginTester tester =
                tester("{}").upstream(answering(status("Grpc-Status", "0", "x-more", "1"), answer))) {
            TestExchange exchange = call(tester, type, text ? Frames.text(asked) : asked);
            assertThat(exchange.upstreamRequest().bytes()).isEqualTo(asked);
            assertThat(exchange.upstreamRequest().headers().get("Content-Type")).isEqualTo("application/grpc");
            assertThat(exchange.upstreamRequest().headers().get("TE")).isEqualTo("trailers");
            assertThat(exchange.header("Content-Type")).isEqualTo(type);
            assertThat(exchange.header("Access-Control-Allow-Origin")).isEqualTo("*");
            assertThat(exchange.bytes())
                    .isEqualTo(
                            text
                                    ? Frames.text(Frames.message("answer"))
                                            .appendBuffer(Frames.text(Frames.message("")))
                                            .appendBuffer(Frames.text(last))
                                    : answer.copy().appendBuffer(last));
            assertThat(exchange.bodyEnd()).isNotNull().matches(end -> end.complete() && end.trailers() == null);
        }
    }

    @Test
    void tellsThatAServiceSaidNothingAboutHowItWent() {
        try (PluginTester tester = tester("{}").upstream(answering(BodyEnd.ok(), Frames.message("a")))) {
            assertThat(call(tester, "application/grpc-web", Buffer.buffer()).text())
                    .endsWith("grpc-status:2\r\ngrpc-message:the service sent no status\r\n");
        }
    }

    @Test
    void aCallThatBreaksOffHasNoStatus() {
        BodyEnd broken = BodyEnd.truncated(Failure.of(FailureKind.RESET, "planted"));
        try (PluginTester tester = tester("{}").upstream(answering(broken, Frames.message("a")))) {
            TestExchange exchange = call(tester, "application/grpc-web", Buffer.buffer());
            assertThat(exchange.bytes()).isEqualTo(Frames.message("a"));
            assertThat(exchange.bodyEnd()).isNotNull().matches(end -> !end.complete());
        }
    }

    @Test
    void leavesAStatusInTheHeadThere() {
        Next failing = request -> {
            Response response = Response.of(200);
            response.headers().set("Content-Type", "application/grpc").set("grpc-status", "5");
            return Response.done(response);
        };
        try (PluginTester tester = tester("{}").upstream(failing)) {
            TestExchange exchange = call(tester, "application/grpc-web", Buffer.buffer());
            assertThat(exchange.header("grpc-status")).isEqualTo("5");
            assertThat(exchange.header("Content-Type")).isEqualTo("application/grpc-web");
            assertThat(exchange.bytes().length()).isZero();
        }
    }

    @Test
    void passesOnWhatIsNoGrpc() {
        try (PluginTester tester = tester("{allow_origin_header: 'https://a.example'}")
                .upstream(Upstream.answers(502, "text/plain", "broken"))) {
            TestExchange exchange = call(tester, "application/grpc-web", Buffer.buffer());
            assertThat(exchange.status()).isEqualTo(502);
            assertThat(exchange.text()).isEqualTo("broken");
            assertThat(exchange.header("Content-Type")).startsWith("text/plain");
            assertThat(exchange.header("Access-Control-Allow-Origin")).isEqualTo("https://a.example");
        }
    }

    @Test
    void answersPreflightsItself() {
        try (PluginTester tester = tester("{}")) {
            TestExchange exchange =
                    tester.request(HttpMethod.OPTIONS, "/pets.Pets/Get").send().readAll();
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.header("Access-Control-Allow-Methods")).isEqualTo("POST");
            assertThat(exchange.header("Access-Control-Allow-Headers"))
                    .isEqualTo("content-type,x-grpc-web,x-user-agent");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/grpc-web+json", "application/grpc", "text/plain"})
    void refusesWhatItCannotTranslate(String type) {
        try (PluginTester tester = tester("{}")) {
            TestExchange exchange = call(tester, type, Buffer.buffer());
            assertThat(exchange.status()).isEqualTo(400);
            assertThat(exchange.text())
                    .isEqualTo("{\"message\":\"transcoding requests require a .proto file defining the service\"}");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AAA", "AA!A"})
    void endsABodyThatIsNoText(String body) {
        try (PluginTester tester = tester("{}").upstream(answering(status("grpc-status", "0")))) {
            TestExchange exchange = call(tester, "application/grpc-web-text", Buffer.buffer(body));
            assertThat(exchange.upstreamRequest().bytes().length()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, /pets.Pets/Get?x=1", "true, /stripped?x=1"})
    void theServiceSeesTheWholePathUnlessToldOtherwise(boolean stripped, String uri) {
        try (PluginTester tester =
                tester("{pass_stripped_path: " + stripped + "}").upstream(answering(status("grpc-status", "0")))) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/pets.Pets/Get?x=1")
                    .header("Content-Type", "application/grpc-web")
                    .upstreamUri("/stripped?x=1")
                    .send()
                    .readAll();
            assertThat(exchange.upstreamRequest().uri()).isEqualTo(uri);
        }
    }

    @Test
    void refusesToTranscode() {
        try (PluginTester tester = tester("{proto: /a.proto}")) {
            assertThat(tester.problems())
                    .singleElement()
                    .asString()
                    .startsWith("proto: valid in Kong but not built here");
        }
    }

    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("{}")) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config()).isEqualTo(new GrpcWebConfig("*", false));
        }
    }
}
