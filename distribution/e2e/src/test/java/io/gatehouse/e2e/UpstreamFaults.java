package io.gatehouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;

/** What upstreams do wrong: the cases of the fault plan that one server alone can play. */
final class UpstreamFaults {
    private static final String WHOLE =
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                    + "{\"role\":\"assistant\",\"content\":\"Grüße\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}";

    private static final List<String> EVENTS = List.of(
            event("{\"role\":\"assistant\",\"content\":\"\"}"),
            event("{\"content\":\"Grüße\"}"),
            event("{\"content\":\" an\"}"),
            event("{\"content\":\" alle\"}"),
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":3,\"total_tokens\":6}}\n\n",
            "data: [DONE]\n\n");

    private static final int USAGE = 5;

    private UpstreamFaults() {}

    private static String event(String delta) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}\n\n";
    }

    private static ServerScript.Builder script() {
        return ServerScript.builder();
    }

    /** Reads a request and begins to stream an answer, the last one of the connection. */
    private static ServerScript.Builder streaming() {
        return script().readRequest()
                .head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked", "Connection: close");
    }

    /** Reads a request and answers it with JSON, the last time on this connection. */
    private static ServerScript.Builder answering(String json) {
        return script().readRequest()
                .head(
                        200,
                        "Content-Type: application/json",
                        "Content-Length: " + bytes(json).length,
                        "Connection: close")
                .send(json);
    }

    /** A whole stream. */
    static ServerScript wholeStream() {
        ServerScript.Builder steps = streaming();
        EVENTS.forEach(steps::chunk);
        return steps.lastChunk().build();
    }

    /** An answer of a provider that has too much to do. */
    static ServerScript overloaded() {
        String error = "{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}";
        return script().readRequest()
                .head(503, "Content-Type: application/json", "Content-Length: " + error.length(), "Connection: close")
                .send(error)
                .build();
    }

    static List<Fault> all() {
        List<Fault> all = new ArrayList<>();
        noConnection(all);
        noAnswer(all);
        halfAnswers(all);
        slowAnswers(all);
        nonsense(all);
        lies(all);
        compressed(all);
        refusals(all);
        heads(all);
        return all;
    }

    private static void noConnection(List<Fault> all) {
        all.add(Fault.row(1, "refused, plain")
                .retries(2)
                .before(FaultServer::refuse)
                .answers(502)
                .says("An invalid response was received from the upstream server")
                .tries(3)
                .reaches(0)
                .ends("sent", "connect"));
        all.add(Fault.row(1, "refused, POST")
                .post()
                .retries(2)
                .before(FaultServer::refuse)
                .answers(502)
                .tries(3)
                .reaches(0)
                .ends("sent", "connect"));
        all.add(Fault.row(1, "refused, LLM").stream()
                .before(FaultServer::refuse)
                .answers(502)
                .says("request_id")
                .reaches(0)
                .ends("sent", "connect"));
        all.add(Fault.row(2, "black hole, plain")
                .impatient()
                .before(FaultServer::blackhole)
                .answers(504)
                .says("The upstream server is timing out")
                .reaches(0)
                .ends("sent", "connect_timeout"));
        all.add(Fault.row(2, "black hole, LLM")
                .impatient()
                .chat()
                .before(FaultServer::blackhole)
                .answers(504)
                .reaches(0)
                .ends("sent", "connect_timeout"));
    }

    private static void noAnswer(List<Fault> all) {
        all.add(Fault.row(3, "reset before the head, GET")
                .retries(2)
                .script(script().readRequest().reset())
                .answers(502)
                .tries(3)
                .reaches(3)
                .ends("sent", "reset"));
        all.add(Fault.row(3, "reset before the head, POST")
                .post()
                .retries(2)
                .script(script().readRequest().reset())
                .answers(502)
                .ends("sent", "reset"));
        all.add(Fault.row(3, "closed before the head, LLM").stream()
                .script(script().readRequest().close())
                .answers(502)
                .ends("sent", "reset"));
        all.add(Fault.row(6, "silent before the head, plain")
                .impatient()
                .script(script().readRequest().stall())
                .answers(504)
                .ends("sent", "timeout"));
        all.add(Fault.row(6, "silent before the head, LLM").stream()
                .impatient()
                .script(script().readRequest().stall())
                .answers(504)
                .ends("sent", "timeout"));
    }

    private static void halfAnswers(List<Fault> all) {
        all.add(Fault.row(4, "reset after the head, plain")
                .script(script().readRequest()
                        .head(200, "Content-Length: 100")
                        .pause(Duration.ofMillis(50))
                        .reset())
                .breaksOff(200)
                .ends("upstream_failed", "reset"));
        all.add(Fault.row(4, "reset after the head, LLM")
                .chat()
                .script(script().readRequest()
                        .head(200, "Content-Type: application/json", "Content-Length: 100")
                        .pause(Duration.ofMillis(50))
                        .reset())
                .answers(502)
                .ends("sent", "reset"));
        all.add(Fault.row(4, "closed after the head, stream").stream()
                .script(streaming().pause(Duration.ofMillis(50)).close())
                .answers(502)
                .ends("sent", "reset"));
        all.add(Fault.row(5, "reset in mid-stream, LLM").stream()
                .script(random -> {
                    ServerScript.Builder steps = streaming();
                    for (String event : EVENTS.subList(0, 2 + random.nextInt(EVENTS.size() - 3))) {
                        steps.chunk(event);
                    }
                    return steps.pause(Duration.ofMillis(30)).reset();
                })
                .breaksOff(200)
                .sees(UpstreamFaults::isNoWholeStream)
                .ends("upstream_failed", "reset"));
        all.add(Fault.row(5, "closed in mid-stream, plain")
                .script(random -> streaming()
                        .chunk(EVENTS.get(0))
                        .send(EVENTS.get(1).substring(0, 1 + random.nextInt(20)))
                        .pause(Duration.ofMillis(30))
                        .close())
                .breaksOff(200)
                .ends("upstream_failed", "reset"));
        all.add(Fault.row(6, "silent in mid-stream, LLM").stream()
                .impatientLater()
                .script(streaming().chunk(EVENTS.get(0)).chunk(EVENTS.get(1)).stall())
                .breaksOff(200)
                .sees(UpstreamFaults::isNoWholeStream)
                .ends("upstream_failed", "timeout"));
        all.add(Fault.row(6, "silent in mid-answer, plain")
                .impatientLater()
                .script(script().readRequest()
                        .head(200, "Content-Length: 100")
                        .send("x")
                        .stall())
                .breaksOff(200)
                .ends("upstream_failed", "timeout"));
    }

    /** Split at every offset, in chunks that end anywhere, too. */
    private static void slowAnswers(List<Fault> all) {
        for (String lineEnd : List.of("\n", "\r\n")) {
            String stream = String.join("", EVENTS).replace("\n", lineEnd);
            String seen = stream.replace(EVENTS.get(USAGE).replace("\n", lineEnd), "");
            byte[] chunks = chunked(bytes(stream), 97);
            String name = lineEnd.equals("\n") ? "LF" : "CRLF";
            all.add(Fault.row(7, "split at every offset, " + name).stream()
                    .script(new EveryOffset(chunks))
                    .times(chunks.length)
                    .answers(200)
                    .sees(answer -> isEqual(answer, seen))
                    .logs(UpstreamFaults::hasUsage));
            all.add(Fault.row(7, "byte by byte, " + name).stream()
                    .script(streaming().dribble(chunks, Duration.ZERO))
                    .times(2)
                    .answers(200)
                    .sees(answer -> isEqual(answer, seen))
                    .logs(UpstreamFaults::hasUsage));
        }
        byte[] plain = chunked(bytes(String.join("", EVENTS)), 61);
        all.add(Fault.row(7, "byte by byte, plain")
                .script(streaming().dribble(plain, Duration.ZERO))
                .times(2)
                .answers(200)
                .sees(answer -> isEqual(answer, String.join("", EVENTS))));
    }

    /** Sends a stream in two writes, each time divided elsewhere. */
    private static final class EveryOffset implements Function<Random, ServerScript.Builder> {
        private final byte[] bytes;
        private int next;

        EveryOffset(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public ServerScript.Builder apply(Random random) {
            int offset = next++ % bytes.length;
            return streaming().sendSplit(bytes, Duration.ofMillis(2), offset);
        }
    }

    private static byte[] chunked(byte[] bytes, int size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < bytes.length; at += size) {
            int length = Math.min(size, bytes.length - at);
            out.writeBytes(bytes(Integer.toHexString(length) + "\r\n"));
            out.write(bytes, at, length);
            out.writeBytes(bytes("\r\n"));
        }
        out.writeBytes(bytes("0\r\n\r\n"));
        return out.toByteArray();
    }

    private static void isEqual(Wire.Answer answer, String expected) {
        if (!answer.text().equals(expected)) {
            throw new AssertionError("the client saw " + answer.text() + " (expected: " + expected + ")");
        }
    }

    private static void hasUsage(JsonNode entry) {
        JsonNode usage = entry.at("/ai/proxy/usage");
        if (usage.path("prompt_tokens").asInt() != 3
                || usage.path("completion_tokens").asInt() != 3
                || !usage.path("provenance").asText().equals("reported")) {
            throw new AssertionError("usage " + usage + " (expected: 3 and 3, reported)");
        }
    }

    private static void nonsense(List<Fault> all) {
        all.add(Fault.row(8, "broken JSON")
                .chat()
                .script(answering("{\"choices\": nope"))
                .answers(500)
                .says("transformation failed"));
        all.add(Fault.row(8, "JSON of something else")
                .chat()
                .script(answering("[1, 2, 3]"))
                .answers(500)
                .says("transformation failed"));
        all.add(Fault.row(8, "HTML")
                .chat()
                .script(script().readRequest()
                        .head(200, "Content-Type: text/html", "Content-Length: 15", "Connection: close")
                        .send("<html>hi</html>"))
                .answers(500)
                .says("transformation failed"));
        all.add(Fault.row(8, "nothing")
                .chat()
                .script(script().readRequest().head(200, "Content-Length: 0", "Connection: close"))
                .answers(500)
                .says("no response body found"));
        all.add(Fault.row(8, "garbage in a stream").stream()
                .script(streaming()
                        .chunk(EVENTS.get(1))
                        .chunk("data: {\"choices\": nope\n\ndata: 7\n\n\u0000\u0001\n\n")
                        .chunk("data: [DONE]\n\n")
                        .lastChunk())
                .answers(200)
                .says("nope")
                .lacksUsage());
        for (String usage : List.of(
                "null",
                "7",
                "{}",
                "{\"prompt_tokens\":-3,\"completion_tokens\":-1,\"total_tokens\":-4}",
                "{\"prompt_tokens\":\"3\",\"completion_tokens\":\"x\",\"total_tokens\":null}",
                "{\"prompt_tokens\":1e30,\"completion_tokens\":1e999,\"total_tokens\":99999999999999999999}")) {
            String answer = WHOLE.substring(0, WHOLE.indexOf("\"usage\":") + 8) + usage + "}";
            all.add(Fault.row(8, "usage is " + usage)
                    .chat()
                    .script(answering(answer))
                    .answers(200)
                    .sees(seen -> isEqual(seen, answer))
                    .logs(entry -> isEstimated(entry))
                    .lacksUsage());
        }
    }

    private static void isEstimated(JsonNode entry) {
        JsonNode usage = entry.at("/ai/proxy/usage");
        if (!usage.path("provenance").asText().equals("estimated")
                || usage.path("prompt_tokens").asLong() < 0
                || usage.path("prompt_tokens").asLong() > 1000
                || usage.path("completion_tokens").asLong() > 1000) {
            throw new AssertionError("usage " + usage + " (expected: a small estimate)");
        }
    }

    private static void lies(List<Fault> all) {
        all.add(Fault.row(9, "too short, plain")
                .script(script().readRequest().respondLying(200, "{\"a\":1}", 100))
                .breaksOff(200)
                .ends("upstream_failed", "reset"));
        all.add(Fault.row(9, "too short, LLM")
                .chat()
                .script(script().readRequest().respondLying(200, WHOLE, 1000))
                .answers(502)
                .ends("sent", "reset"));
        all.add(Fault.row(9, "too long, plain")
                .script(script().readRequest()
                        .respondLying(200, "{\"a\":1}{\"a\":2}", 7)
                        .stall())
                .answers(200)
                .sees(answer -> isEqual(answer, "{\"a\":1}")));
        all.add(Fault.row(9, "too long, LLM")
                .chat()
                .script(script().readRequest()
                        .respondLying(200, WHOLE + WHOLE, bytes(WHOLE).length)
                        .stall())
                .answers(200)
                .sees(answer -> isEqual(answer, WHOLE)));
        all.add(Fault.row(9, "two answers in one write")
                .script(script().readRequest()
                        .send(
                                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")
                        .stall())
                .answers(200)
                .sees(answer -> isEqual(answer, "ok")));
        all.add(Fault.row(9, "204 with a body")
                .script(script().readRequest()
                        .send("HTTP/1.1 204 No Content\r\n\r\nsurplus")
                        .stall())
                .answers(204)
                .sees(answer -> isEqual(answer, "")));
        all.add(Fault.row(9, "both framings")
                .script(script().readRequest()
                        .head(200, "Content-Length: 2", "Transfer-Encoding: chunked")
                        .send("2\r\nok\r\n0\r\n\r\n")
                        .stall())
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(9, "two lengths")
                .script(script().readRequest()
                        .head(200, "Content-Length: 2", "Content-Length: 3")
                        .send("okk")
                        .stall())
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(9, "a chunk of no size")
                .script(script().readRequest()
                        .head(200, "Transfer-Encoding: chunked")
                        .send("zz\r\nok\r\n")
                        .stall())
                .breaksOff(200)
                .ends("upstream_failed", "invalid_response"));
    }

    /** For an LLM route what is compressed is unpacked, within limits; elsewhere it passes unread. */
    private static void compressed(List<Fault> all) {
        byte[] bomb = gzip(new byte[64 << 20]);
        byte[] whole = gzip(bytes(WHOLE));
        all.add(Fault.row(10, "gzip, LLM")
                .chat()
                .script(zipped(whole.length).send(whole))
                .answers(200)
                .sees(answer -> isEqual(answer, WHOLE)));
        all.add(Fault.row(10, "gzip bomb, LLM")
                .chat()
                .script(zipped(bomb.length).send(bomb))
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(10, "gzip cut, LLM")
                .chat()
                .script(zipped(whole.length - 5).send(Arrays.copyOf(whole, whole.length - 5)))
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(10, "gzip of nothing, LLM")
                .chat()
                .script(zipped(0))
                .answers(500)
                .says("no response body found"));
        all.add(Fault.row(10, "gzip garbage, LLM")
                .chat()
                .script(zipped(500).garbage(500))
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(10, "gzip bomb, plain")
                .script(zipped(bomb.length).send(bomb))
                .answers(200)
                .sees(answer -> isSame(answer, bomb)));
    }

    private static ServerScript.Builder zipped(int length) {
        return script().readRequest()
                .head(
                        200,
                        "Content-Type: application/json",
                        "Content-Encoding: gzip",
                        "Content-Length: " + length,
                        "Connection: close");
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void isSame(Wire.Answer answer, byte[] expected) {
        if (!Arrays.equals(answer.bytes(), expected)
                || !answer.header("content-encoding").equals("gzip")) {
            throw new AssertionError("the client saw " + answer + " (expected: " + expected.length + " bytes of gzip)");
        }
    }

    private static void refusals(List<Fault> all) {
        for (String after : List.of("1", "Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-5", "99999999999999999999")) {
            String body = "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\"}}";
            all.add(Fault.row(11, "429, Retry-After " + after)
                    .chat()
                    .script(script().readRequest()
                            .head(
                                    429,
                                    "Content-Type: application/json",
                                    "Retry-After: " + after,
                                    "Content-Length: " + body.length(),
                                    "Connection: close")
                            .send(body))
                    .answers(429)
                    .sees(answer -> {
                        isEqual(answer, body);
                        if (!answer.header("retry-after").equals(after)) {
                            throw new AssertionError("the client saw " + answer + " (expected: Retry-After " + after);
                        }
                    }));
        }
    }

    private static void heads(List<Fault> all) {
        all.add(Fault.row(13, "TLS cut in the handshake, LLM")
                .chat()
                .tls("127.0.0.1")
                .script(script().readBytes(1).reset())
                .answers(502)
                .reaches(0));
        all.add(Fault.row(13, "no TLS at all")
                .tls("127.0.0.1")
                .script(script().readBytes(1)
                        .send("HTTP/1.1 400 Bad Request\r\n\r\n")
                        .stall())
                .answers(502)
                .reaches(0)
                .ends("sent", "tls"));
        all.add(Fault.row(13, "TLS that stalls in the handshake")
                .impatient()
                .tls("127.0.0.1")
                .script(script().stall())
                .answers(504)
                .reaches(0)
                .ends("sent", "connect_timeout"));
        all.add(Fault.row(15, "a flood of 1xx")
                .script(script().readRequest()
                        .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(2000))
                        .head(200, "Content-Length: 2", "Connection: close")
                        .send("{}"))
                .answers(200)
                .sees(answer -> isEqual(answer, "{}")));
        for (int status : new int[] {101, 99, 1000}) {
            all.add(Fault.row(15, "status " + status)
                    .script(script().readRequest()
                            .head(status, "Content-Length: 0")
                            .stall())
                    .answers(502)
                    .ends("sent", "invalid_response"));
        }
        all.add(Fault.row(15, "a header of 100 KB")
                .script(script().readRequest()
                        .head(200, "X: " + "x".repeat(100_000), "Content-Length: 0")
                        .stall())
                .answers(502)
                .ends("sent", "invalid_response"));
        all.add(Fault.row(15, "no HTTP")
                .script(script().readRequest()
                        .send("220 mail.example ESMTP\r\n\r\n")
                        .stall())
                .answers(502)
                .ends("sent", "invalid_response"));
    }

    private static void isNoWholeStream(Wire.Answer answer) {
        if (answer.text().contains("[DONE]")) {
            throw new AssertionError("a stream that broke off looks whole: " + answer);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
