package io.gatehouse.core.server;

import static io.gatehouse.core.server.FrameClient.DATA;
import static io.gatehouse.core.server.FrameClient.HEADERS;
import static io.gatehouse.core.server.FrameClient.RST_STREAM;
import static io.gatehouse.core.server.FrameClient.head;
import static io.gatehouse.core.server.FrameClient.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.ProxySettings;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ServerScript;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What has to be the same whichever version of HTTP the client speaks, and whichever the upstream. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings({"FutureReturnValueIgnored", "StringConcatToTextBlock"
}) // what fails is seen by the client; line ends matter
class BothVersionsIT {
    enum Version {
        HTTP_1,
        HTTP_2
    }

    /** An answer: the statuses in the order they came, the body, what came behind it, and whether it ended whole. */
    private record Answer(List<String> statuses, String body, Map<String, String> trailers, boolean whole) {
        String status() {
            return statuses.get(statuses.size() - 1);
        }
    }

    private static final int LIMIT = 10;

    @RegisterExtension
    final Rig rig = new Rig();

    private Http2Peer peer;

    static Stream<Arguments> versions() {
        return Stream.of(Version.values())
                .flatMap(client -> Stream.of(Version.values()).map(upstream -> Arguments.of(client, upstream)));
    }

    private void start(Version upstream, String plugins) throws Exception {
        start(upstream, plugins, 0, 0);
    }

    private void start(Version upstream, String plugins, long maxBody, long maxAnswer) throws Exception {
        if (upstream == Version.HTTP_2) {
            if (peer == null) {
                peer(List.of(), "200");
            }
            rig.url = "grpc://127.0.0.1:" + peer.port();
        }
        ProxySettings usual = ProxySettings.DEFAULT;
        rig.start(
                plugins,
                rig.settings()
                        .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0).withHttp2()))
                        .proxy(new ProxySettings(
                                usual.trust(),
                                usual.portMaps(),
                                usual.headers(),
                                usual.errors(),
                                maxBody,
                                maxAnswer,
                                usual.keepAlive())));
    }

    @AfterEach
    void stop() {
        if (peer != null) {
            peer.close();
        }
    }

    /** An upstream of HTTP/2 that says these statuses first, without an end, and then this one. */
    private void peer(List<String> first, String last, String... headers) throws Exception {
        peer = new Http2Peer(stream -> {
            if (stream.ended && stream.reset < 0) {
                first.forEach(status -> stream.head(status, false, "link", "</a>"));
                stream.head(last, false, headers);
                stream.data("ok", false);
                stream.trailers("x-sum", "7", "host", "evil");
            }
        });
    }

    private void upstream(Version version, List<String> first, String last, String... headers) throws Exception {
        if (version == Version.HTTP_2) {
            peer(first, last, headers);
            return;
        }
        StringBuilder heads = new StringBuilder();
        first.forEach(status -> heads.append("HTTP/1.1 ").append(status).append(" Wait\r\nLink: </a>\r\n\r\n"));
        heads.append("HTTP/1.1 ").append(last).append(" Last\r\nTransfer-Encoding: chunked\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            heads.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send(heads + "\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nHost: evil\r\n\r\n")
                .repeat()
                .build());
    }

    /** What the upstream got behind the body of its first request. */
    private String trailersSeen(Version upstream) {
        if (upstream == Version.HTTP_2) {
            return peer.stream(0).trailers.toString();
        }
        String text = rig.upstream.connections().get(0).receivedText().toLowerCase(Locale.ROOT);
        return text.substring(text.indexOf("\r\n0\r\n"));
    }

    private boolean untouched(Version upstream) {
        return upstream == Version.HTTP_2
                ? peer.streams.isEmpty()
                : rig.upstream.connections().isEmpty();
    }

    // ---- clients

    private Answer get(Version client, String... headers) throws Exception {
        if (client == Version.HTTP_2) {
            try (FrameClient frames = FrameClient.of(rig)) {
                frames.get(1, "/a", headers);
                return read(frames);
            }
        }
        return read(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines(headers) + "\r\n"));
    }

    /** Sends a body in two pieces, with trailers, whose length is told or not. */
    private Answer post(Version client, boolean told, String... headers) throws Exception {
        if (client == Version.HTTP_2) {
            try (FrameClient frames = FrameClient.of(rig)) {
                Http2Headers head = head("POST", "/a", headers);
                frames.head(1, false, told ? with(head, "content-length", "11") : head);
                frames.data(1, false, "hello ").data(1, told, "world");
                if (!told) {
                    frames.head(1, true, with(new DefaultHttp2Headers(false), "x-end", "1", "authorization", "evil"));
                }
                return read(frames);
            }
        }
        return read(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines(headers)
                + (told
                        ? "Content-Length: 11\r\n\r\nhello world"
                        : "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n"
                                + "0\r\nX-End: 1\r\nAuthorization: evil\r\n\r\n")));
    }

    /** Sends only the head of a request that waits for a word, and reads what is said to that. */
    private Answer waits(Version client, String path, int length) throws Exception {
        if (client == Version.HTTP_2) {
            try (FrameClient frames = FrameClient.of(rig)) {
                frames.head(
                        1,
                        false,
                        head("POST", path, "expect", "100-continue", "content-length", String.valueOf(length)));
                return read(frames);
            }
        }
        return read(rig.raw("POST " + path + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " + length
                + "\r\n\r\n"));
    }

    private static String lines(String... headers) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            lines.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        return lines.toString();
    }

    private static Answer read(FrameClient frames) throws Exception {
        List<String> statuses = new ArrayList<>();
        StringBuilder body = new StringBuilder();
        Map<String, String> trailers = new TreeMap<>();
        FrameClient.Frame last = null;
        for (FrameClient.Frame frame : frames.answer(1)) {
            last = frame;
            if (frame.type() == DATA) {
                body.append(frame.text());
            } else if (frame.type() == HEADERS && frame.headers().status() != null) {
                statuses.add(frame.headers().status().toString());
            } else if (frame.type() == HEADERS) {
                frame.headers()
                        .forEach(field -> trailers.put(
                                field.getKey().toString(), field.getValue().toString()));
            }
        }
        return new Answer(statuses, body.toString(), trailers, last.type() != RST_STREAM);
    }

    /** Takes what came over HTTP/1 until the connection ended apart. */
    private static Answer read(String text) {
        List<String> statuses = new ArrayList<>();
        Map<String, String> trailers = new TreeMap<>();
        String rest = text;
        String head;
        do {
            assertThat(rest).as(text).startsWith("HTTP/1.1 ").contains("\r\n\r\n");
            int end = rest.indexOf("\r\n\r\n") + 4;
            head = rest.substring(0, end).toLowerCase(Locale.ROOT);
            rest = rest.substring(end);
            statuses.add(head.substring(9, 12));
        } while (head.startsWith("http/1.1 1"));
        int zero = rest.startsWith("0\r\n") ? 0 : rest.indexOf("\r\n0\r\n") + 2;
        boolean chunked = head.contains("transfer-encoding: chunked\r\n");
        boolean whole = rest.endsWith("<closed>") && (!chunked || rest.endsWith("\r\n\r\n<closed>"));
        if (chunked && whole) {
            for (String line : rest.substring(zero + 3).split("\r\n", -1)) {
                String[] field = line.split(": ", 2);
                if (field.length == 2) {
                    trailers.put(field[0].toLowerCase(Locale.ROOT), field[1]);
                }
            }
        }
        return new Answer(statuses, rest, trailers, whole);
    }

    // ---- trailers

    @ParameterizedTest
    @MethodSource("versions")
    void passesOnTheTrailersThatMayPass(Version client, Version upstream) throws Exception {
        upstream(upstream, List.of(), "200");
        start(upstream, "");
        Answer answer = post(client, false, "te", "trailers");
        assertThat(answer.status()).isEqualTo("200");
        assertThat(answer.trailers()).isEqualTo(Map.of("x-sum", "7"));
        assertThat(trailersSeen(upstream)).contains("x-end").doesNotContain("authorization");
        assertThat(get(client).trailers())
                .as("of a client that did not ask for them")
                .isEqualTo(client == Version.HTTP_2 ? Map.of("x-sum", "7") : Map.of());
    }

    // ---- bodies that are held back

    static Stream<Arguments> refusals() {
        return Stream.of(Version.values())
                .flatMap(client -> Stream.of(
                        Arguments.of(client, "404", "/none", 5, ""),
                        Arguments.of(client, "413", "/a", LIMIT + 1, ""),
                        Arguments.of(client, "418", "/a", 5, "{name: probe, config: {does: answer}}")));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void asksForNoBodyThatIsNotWanted(Version client, String status, String path, int length, String plugins)
            throws Exception {
        start(Version.HTTP_1, plugins, LIMIT, 0);
        assertThat(waits(client, path, length).statuses()).containsExactly(status);
        assertThat(untouched(Version.HTTP_1)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void asksForNoBodyThatGoesNowhere(Version client) throws Exception {
        rig.upstream.refuse();
        start(Version.HTTP_1, "");
        assertThat(waits(client, "/a", 5).statuses()).containsExactly("502");
    }

    @ParameterizedTest
    @MethodSource("versions")
    void asksForTheBodyThatGoesOn(Version client, Version upstream) throws Exception {
        upstream(upstream, List.of("100"), "200");
        start(upstream, "");
        if (client == Version.HTTP_2) {
            try (FrameClient frames = FrameClient.of(rig)) {
                frames.head(1, false, head("POST", "/a", "expect", "100-continue", "content-length", "5"));
                assertThat(frames.await(frame -> frame.type() == HEADERS)
                                .headers()
                                .status())
                        .asString()
                        .isEqualTo("100");
                frames.data(1, true, "hello");
                assertThat(read(frames).statuses()).containsExactly("200");
            }
        } else {
            try (Socket socket = rig.connect()) {
                Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
                assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 100 ");
                Rig.send(socket, "hello");
                assertThat(Rig.until(socket, "\r\n0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    // ---- answers before the answer

    @ParameterizedTest
    @MethodSource("versions")
    void passesNoInformationalAnswerOn(Version client, Version upstream) throws Exception {
        List<String> some = List.of("100", "102", "103", "199");
        upstream(
                upstream,
                Stream.generate(() -> some).limit(100).flatMap(List::stream).toList(),
                "200");
        start(upstream, "");
        Answer answer = get(client);
        assertThat(answer.statuses()).containsExactly("200");
        assertThat(answer.body()).contains("ok");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void waitsNoLongerForAnUpstreamThatOnlyPromises(Version upstream) throws Exception {
        rig.service = "retries: 0, read_timeout: 300";
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .endless("HTTP/1.1 103 Early Hints\r\n\r\n", Duration.ofMillis(20))
                .build());
        if (upstream == Version.HTTP_2) {
            peer = new Http2Peer(stream -> {
                if (stream.ended && stream.reset < 0) {
                    stream.channel
                            .eventLoop()
                            .scheduleAtFixedRate(() -> stream.head("103", false), 0, 20, TimeUnit.MILLISECONDS);
                }
            });
        }
        start(upstream, "");
        assertThat(get(Version.HTTP_1).status()).isEqualTo("504");
    }

    @ParameterizedTest
    @MethodSource("versions")
    void refusesWhatIsNoAnswer(Version client, Version upstream) throws Exception {
        List<String> heads = List.of("101", "99", "600", "1000");
        if (upstream == Version.HTTP_2) {
            peer = new Http2Peer(stream -> {
                if (stream.ended && stream.reset < 0) {
                    stream.head(heads.get(stream.number), false);
                }
            });
        } else {
            rig.upstream.script(heads.stream()
                    .map(status -> ServerScript.builder()
                            .readRequest()
                            .send("HTTP/1.1 " + status + " What\r\nContent-Length: 2\r\n\r\nok")
                            .build())
                    .toArray(ServerScript[]::new));
        }
        start(upstream, "");
        for (String status : heads) {
            assertThat(get(client).statuses()).as(status).containsExactly("502");
        }
    }

    static Stream<Arguments> headless() {
        return Stream.of(Version.values())
                .flatMap(client -> Stream.of(
                        Arguments.of(client, List.of("103"), ""),
                        Arguments.of(client, List.of(), "ok"),
                        Arguments.of(client, List.of("103"), "ok")));
    }

    /** Over HTTP/2 an informational answer cannot be all, nor can a body (RFC 9113, 8.1). */
    @ParameterizedTest
    @MethodSource("headless")
    void refusesAnAnswerWithoutAHead(Version client, List<String> first, String body) throws Exception {
        peer = new Http2Peer(stream -> {
            if (stream.ended && stream.reset < 0) {
                first.forEach(status -> stream.head(status, body.isEmpty()));
                if (!body.isEmpty()) {
                    stream.data(body, true);
                }
            }
        });
        start(Version.HTTP_2, "");
        assertThat(get(client).statuses()).containsExactly("502");
    }

    @ParameterizedTest
    @MethodSource("versions")
    void refusesAHeadThatIsTooLong(Version client, Version upstream) throws Exception {
        upstream(upstream, List.of(), "200", "x-long", "y".repeat(100_000));
        if (upstream == Version.HTTP_2) {
            peer.minding = false;
        }
        start(upstream, "");
        assertThat(get(client).statuses()).containsExactly("502");
    }

    // ---- sizes

    static Stream<Arguments> sizes() {
        return versions()
                .flatMap(pair -> Stream.of(LIMIT, LIMIT + 1)
                        .flatMap(length -> Stream.of(true, false)
                                .map(told -> Arguments.of(pair.get()[0], pair.get()[1], length, told))));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void passesOnlyAnswersOfTheSizeThatIsAllowed(Version client, Version upstream, int length, boolean told)
            throws Exception {
        String body = "z".repeat(length);
        if (upstream == Version.HTTP_2) {
            peer = new Http2Peer(stream -> {
                if (stream.ended && stream.reset < 0) {
                    if (told) {
                        stream.head("200", false, "content-length", String.valueOf(length));
                    } else {
                        stream.head("200", false);
                    }
                    stream.data(body, true);
                }
            });
        } else if (told) {
            rig.upstream.script(
                    ServerScript.builder().readRequest().respond(200, body).build());
        } else {
            rig.upstream.script(ServerScript.builder()
                    .readRequest()
                    .head(200, "Transfer-Encoding: chunked")
                    .chunk(body)
                    .lastChunk()
                    .build());
        }
        start(upstream, "{name: probe}", 0, LIMIT);
        Answer answer = get(client);
        if (length <= LIMIT) {
            assertThat(answer.status()).isEqualTo("200");
            assertThat(answer.body()).contains(body);
            assertThat(answer.whole()).isTrue();
            return;
        }
        if (told) {
            assertThat(answer.status()).isEqualTo("502");
        } else {
            assertThat(answer.whole()).as("%s", answer).isFalse();
        }
        assertThat(answer.body()).doesNotContain(body);
        assertThat(rig.logged(1))
                .containsExactly(
                        told ? "probe sent invalid_response 502" : "probe upstream_failed invalid_response 200");
    }

    static Stream<Arguments> bodies() {
        return versions()
                .flatMap(pair -> Stream.of(true, false).map(told -> Arguments.of(pair.get()[0], pair.get()[1], told)));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void takesOnlyBodiesOfTheSizeThatIsAllowed(Version client, Version upstream, boolean told) throws Exception {
        start(upstream, "{name: probe}", LIMIT, 0);
        Answer answer = post(client, told);
        assertThat(answer.statuses()).containsExactly("413");
        assertThat(answer.body()).contains("Payload too large");
        assertThat(rig.logged(1)).singleElement().asString().endsWith(" 413");
        if (told) {
            assertThat(untouched(upstream)).isTrue();
        }
    }
}
