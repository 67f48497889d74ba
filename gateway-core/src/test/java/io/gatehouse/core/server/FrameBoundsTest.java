package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FrameBoundsTest {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final FrameBounds bounds = new FrameBounds();

    private void read(byte... bytes) {
        bounds.read(Unpooled.wrappedBuffer(bytes));
    }

    private void begin() {
        assertThat(bounds.isOpen()).isTrue();
        read(PREFACE);
        read(FrameClient.bytes(FrameClient.SETTINGS, 0, 0));
    }

    @Test
    void thePrefaceIsOpenUntilTheSettings() {
        assertThat(bounds.isOpen()).isTrue();
        read(PREFACE);
        assertThat(bounds.isOpen()).isTrue();
        read(FrameClient.bytes(FrameClient.SETTINGS, 0, 0));
        assertThat(bounds.isOpen()).isFalse();
    }

    @Test
    void aHeadIsOpenUntilItsLastFrame() {
        begin();
        assertThat(bounds.isOpen()).isFalse();
        read(FrameClient.bytes(FrameClient.HEADERS, 0, 1, (byte) 1));
        assertThat(bounds.isOpen()).isTrue();
        int units = bounds.units();
        read(FrameClient.bytes(FrameClient.CONTINUATION, 0, 1));
        assertThat(bounds.isOpen()).isTrue();
        assertThat(bounds.units()).isEqualTo(units);
        read(FrameClient.bytes(FrameClient.CONTINUATION, FrameClient.END_HEADERS, 1));
        assertThat(bounds.isOpen()).isFalse();
        assertThat(bounds.units()).isEqualTo(units + 1);
    }

    @Test
    void aBodyMayTakeItsTime() {
        begin();
        byte[] frame = FrameClient.bytes(FrameClient.DATA, 0, 1, new byte[70_000]);
        for (int i = 0; i < 9; i++) {
            read(frame[i]);
            assertThat(bounds.isOpen()).isEqualTo(i < 8);
        }
        read(java.util.Arrays.copyOfRange(frame, 9, frame.length));
        assertThat(bounds.isOpen()).isFalse();
    }

    @Test
    void itDoesNotMatterHowBytesAreCut() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(PREFACE);
        all.writeBytes(FrameClient.bytes(FrameClient.SETTINGS, 0, 0, new byte[6]));
        all.writeBytes(FrameClient.bytes(FrameClient.SETTINGS, FrameClient.ACK, 0));
        all.writeBytes(FrameClient.bytes(FrameClient.HEADERS, FrameClient.END_HEADERS, 1, new byte[300]));
        all.writeBytes(FrameClient.bytes(FrameClient.DATA, 1, 1, new byte[20]));
        byte[] bytes = all.toByteArray();
        for (int cut = 0; cut <= bytes.length; cut++) {
            FrameBounds own = new FrameBounds();
            own.read(Unpooled.wrappedBuffer(bytes, 0, cut));
            own.read(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut));
            assertThat(own.isOpen()).isFalse();
            assertThat(own.units()).isEqualTo(5);
        }
    }
}
