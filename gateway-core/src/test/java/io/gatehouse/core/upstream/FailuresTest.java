package io.gatehouse.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import org.junit.jupiter.api.Test;

/** What the client's throwables are taken for, where that is not plain from their type. */
class FailuresTest {
    @Test
    void aStreamThatWasOverBeforeAWriteIsNoFaultOfTheAnswer() {
        assertThat(kind(Http2Error.STREAM_CLOSED)).isEqualTo(FailureKind.RESET);
        assertThat(kind(Http2Error.PROTOCOL_ERROR)).isEqualTo(FailureKind.INVALID_RESPONSE);
    }

    private static FailureKind kind(Http2Error error) {
        return Failures.exchanging(Http2Exception.streamError(1, error, "why")).kind();
    }
}
