package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireRequestTest {
    private static List<WireRequest> read(String text) {
        return WireRequest.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void readsWhatStandsOnAConnection() {
        List<WireRequest> seen = read("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX: 1\r\nx: 2\r\n\r\nhi"
                + "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\nS: 7\r\n\r\n"
                + "GET /c HTTP/1.0\r\n\r\nGET /d HTT");
        assertThat(seen).extracting(WireRequest::target).containsExactly("/a", "/b", "/c");
        assertThat(seen).extracting(WireRequest::body).containsExactly("hi", "hi!", "");
        assertThat(seen).allMatch(WireRequest::whole);
        assertThat(seen).extracting(WireRequest::end).containsExactly(62, 142, 161);
        assertThat(seen.get(0).values("X")).containsExactly("1", "2");
        assertThat(seen.get(1).trailers()).containsExactly(new WireRequest.Field("S", "7"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nhi",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\nhi",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhi",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nS: 7\r\n"
            })
    void tellsWhatIsNotWhole(String text) {
        assertThat(read(text)).extracting(WireRequest::whole).containsExactly(false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET  /a HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a HTTP/1.1\nHost: a\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                "GET /a HTTP/1.1\r\nX: a\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
                "GET /a HTTP/2.0\r\nHost: a\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nhi",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nhi\r\n0\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi0\r\n\r\n"
            })
    void acceptsNothingThatCouldBeReadInTwoWays(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IllegalArgumentException.class);
        byte[] behindAGoodOne = ("GET /a HTTP/1.0\r\n\r\n" + text).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(WireRequest.beforeDoubt(behindAGoodOne)).hasSize(1);
    }
}
