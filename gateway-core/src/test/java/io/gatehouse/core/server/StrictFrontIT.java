package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.ServerScript;
import java.net.Socket;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway takes for a request, and what it says: byte by byte it is tried by {@link RawRequestsIT}. */
@NullUnmarked
@SuppressWarnings("StringConcatToTextBlock") // line ends matter here
class StrictFrontIT {
    @RegisterExtension
    final Rig rig = new Rig();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET  /a HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n",
                "POST /a HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 6\r\n\r\nhello!"
            })
    void saysWhyItRefusesARequest(String request) throws Exception {
        rig.start("");
        assertThat(rig.raw(request + "GET /a HTTP/1.1\r\nHost: smuggled\r\n\r\n"))
                .matches("(?s)HTTP/1\\.[01] 400 Bad Request\r\n.*")
                .containsIgnoringCase("connection: close\r\n")
                .contains("Bad request")
                .contains("request_id")
                .endsWith("<closed>")
                .doesNotContain("200 OK");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "deflate, gzip, chunked"})
    void doesNotImplementOtherTransferCodings(String coding) throws Exception {
        rig.start("");
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 501 ")
                .endsWith("<closed>");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE /a", "CONNECT a:80"})
    void doesNotAllowMethodsThatMakeNoSenseOnAGateway(String line) throws Exception {
        rig.start("");
        assertThat(rig.raw(line + " HTTP/1.1\r\nHost: a:80\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .contains("Method not allowed")
                .endsWith("<closed>");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.32", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2"})
    void answersVersionsThatItDoesNotSpeak(String version) throws Exception {
        rig.start("");
        assertThat(rig.raw("GET /a " + version + "\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 505 ")
                .contains("HTTP version not supported")
                .endsWith("<closed>");
    }

    @Test
    void boundsTheNumberOfHeaders() throws Exception {
        rig.start("");
        String some = "X: 1\r\n".repeat(98);
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + some + "\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + some + "X: 1\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .contains("Request header or cookie too large")
                .endsWith("<closed>");
        assertThat(rig.upstream.requests()).isEqualTo(1);
    }

    @Test
    void boundsTheSizeOfHeadersAndOfTheTarget() throws Exception {
        rig.start("");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(70_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .contains("Request header or cookie too large")
                .endsWith("<closed>");
        assertThat(rig.raw("GET /a" + "x".repeat(40_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ")
                .contains("URI too long")
                .endsWith("<closed>");
    }

    @Test
    void routesAnAbsoluteTargetByItsPathWhenItNamesTheHost() throws Exception {
        rig.start("");
        assertThat(rig.raw("GET http://A.example:80/a/b?c HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(rig.upstream.connections().get(0).receivedText())
                .startsWith("GET /base/b?c HTTP/1.1\r\n")
                .containsIgnoringCase("x-forwarded-path: /a/b\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: x, close\r\n",
                "Connection: Close , x\r\n",
                "Connection: x\r\nConnection: close\r\n",
                "Connection: keep-alive\r\nX: 1\r\nConnection: y, cLoSe\r\n"
            })
    void closesWhenOneOfSeveralTokensAsksForIt(String headers) throws Exception {
        rig.start("");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("connection: close\r\n")
                .endsWith("<closed>");
    }

    @Test
    void doesNotCloseForWhatOnlyLooksLikeClose() throws Exception {
        rig.start("");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: x-close, closed\r\n\r\n");
            assertThat(Rig.until(socket, "{\"ok\":true}")).doesNotContainIgnoringCase("connection: close");
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "{\"ok\":true}");
        }
    }

    @Test
    void tellsAClientThatWaitsToSendItsBody() throws Exception {
        rig.start("");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
            assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 100 ");
            Rig.send(socket, "hi");
            assertThat(Rig.until(socket, "{\"ok\":true}")).startsWith("HTTP/1.1 200 ");
        }
        assertThat(rig.upstream.connections().get(0).receivedText())
                .doesNotContainIgnoringCase("expect")
                .endsWith("hi");
    }

    @Test
    void closesWhenTheBodyThatWasHeldBackIsNotWanted() throws Exception {
        rig.start("{name: probe, config: {does: answer}}");
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"))
                .startsWith("HTTP/1.1 418 ")
                .containsIgnoringCase("connection: close\r\n");
    }

    @Test
    void expectsNothingOfARequestWithoutBody() throws Exception {
        rig.start("");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void refusesAnExpectationThatItDoesNotKnow() throws Exception {
        rig.start("{name: probe}");
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\nhi"))
                .startsWith("HTTP/1.1 417 ")
                .contains("Expectation failed")
                .endsWith("<closed>");
        assertThat(rig.logged(1)).containsExactly("probe sent ok 417");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @Test
    void passesTrailersOnToAClientThatReadsThem() throws Exception {
        rig.start("");
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nHost: x\r\n\r\n")
                .repeat()
                .build());
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n"))
                .containsIgnoringCase("x-sum: 7\r\n\r\n")
                .doesNotContain("Host: x");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .endsWith("\r\n0\r\n\r\n<closed>");
    }

    @Test
    void showsPluginsTheTrailersOfARequest() throws Exception {
        rig.start("{name: edge, config: {does: tells-trailers}}");
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("x-saw: 7\r\n");
    }
}
