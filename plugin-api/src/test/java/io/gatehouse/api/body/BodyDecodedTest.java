package io.gatehouse.api.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyDecodedTest {
    private static final String TEXT = "{\"answer\":\"gr\u00fc\u00df dich, gr\u00fc\u00df dich, gr\u00fc\u00df dich\"}";
    private static final long CAP = 1 << 20;

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] text() {
        return TEXT.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] deflate(byte[] bytes, boolean bare) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, bare);
        try (DeflaterOutputStream deflate = new DeflaterOutputStream(out, deflater)) {
            deflate.write(bytes);
        }
        deflater.end();
        return out.toByteArray();
    }

    /** A gzip member with everything in its header that may be there. */
    private static byte[] adorned(byte[] bytes) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.write(new byte[] {0x1F, (byte) 0x8B, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3});
        header.write(new byte[] {3, 0, 'x', 'y', 'z', 'n', 'a', 'm', 'e', 0, 0});
        CRC32 checksum = new CRC32();
        checksum.update(header.toByteArray());
        header.write((int) checksum.getValue() & 0xFF);
        header.write((int) checksum.getValue() >> 8 & 0xFF);
        byte[] plain = gzip(bytes);
        header.write(plain, 10, plain.length - 10);
        return header.toByteArray();
    }

    private record Read(String text, BodyEnd end) {}

    private static Read read(ContentCoding coding, long max, FakeSource<Buffer> source) {
        BodyReader<Buffer> reader = Body.of(source, -1).decoded(coding, max).open(Framing.BYTES);
        Buffer all = Buffer.buffer();
        Buffer next;
        while ((next = reader.next().result()) != null) {
            assertThat(next.length()).isPositive();
            all.appendBuffer(next);
        }
        assertThat(reader.next().result()).isNull();
        return new Read(all.toString(), reader.end());
    }

    private static Read read(ContentCoding coding, byte[]... pieces) {
        List<Buffer> buffers = new ArrayList<>();
        for (byte[] piece : pieces) {
            buffers.add(Buffer.buffer(piece));
        }
        return read(coding, CAP, FakeSource.whole(buffers.toArray(new Buffer[0])));
    }

    private static byte[][] split(byte[] bytes, int at) {
        return new byte[][] {Arrays.copyOfRange(bytes, 0, at), Arrays.copyOfRange(bytes, at, bytes.length)};
    }

    @Test
    void decodesAtEverySplitAndFailsAtEveryCut() throws IOException {
        byte[] twice = Buffer.buffer(gzip(text())).appendBytes(adorned(text())).getBytes();
        check(ContentCoding.GZIP, gzip(text()), TEXT, -1);
        check(ContentCoding.GZIP, adorned(text()), TEXT, -1);
        check(ContentCoding.GZIP, twice, TEXT + TEXT, gzip(text()).length);
        check(ContentCoding.GZIP, gzip(new byte[0]), "", -1);
        check(ContentCoding.DEFLATE, deflate(text(), false), TEXT, -1);
        check(ContentCoding.DEFLATE, deflate(text(), true), TEXT, -1);
    }

    private static void check(ContentCoding coding, byte[] bytes, String expected, int wholeToo) {
        byte[][] single = new byte[bytes.length][];
        for (int i = 0; i < bytes.length; i++) {
            single[i] = new byte[] {bytes[i]};
        }
        assertThat(read(coding, single)).isEqualTo(new Read(expected, BodyEnd.ok()));
        for (int at = 0; at <= bytes.length; at++) {
            byte[][] halves = split(bytes, at);
            assertThat(read(coding, halves)).as("split at %s", at).isEqualTo(new Read(expected, BodyEnd.ok()));
            if (at < bytes.length && at != wholeToo) {
                Read cut = read(coding, halves[0]);
                assertThat(cut.end.complete()).as("cut after %s", at).isFalse();
                assertThat(cut.end.failure()).extracting(Failure::kind).isEqualTo(FailureKind.INVALID_RESPONSE);
                assertThat(expected).startsWith(cut.text.replaceAll("\uFFFD+$", ""));
            }
        }
    }

    @Test
    void noticesEveryWrongByteOfAGzipMemberButItsTime() throws IOException {
        byte[] good = gzip(text());
        for (int at = 0; at < good.length; at++) {
            if (at >= 4 && at <= 9) {
                continue; // time, hints and the system it was made on
            }
            byte[] bad = good.clone();
            bad[at] ^= 0x55;
            assertThat(read(ContentCoding.GZIP, bad).end.complete())
                    .as("byte %s", at)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain text", "\u001f", "{}", "<html>"})
    void failsWhereTheCodingIsALie(String bytes) {
        assertThat(read(ContentCoding.GZIP, bytes.getBytes(StandardCharsets.UTF_8))
                        .end
                        .complete())
                .isFalse();
        assertThat(read(ContentCoding.DEFLATE, bytes.getBytes(StandardCharsets.UTF_8))
                        .end
                        .complete())
                .isFalse();
    }

    @Test
    void failsWhenSomethingFollows() throws IOException {
        assertThat(read(ContentCoding.GZIP, gzip(text()), new byte[] {0}).end.complete())
                .isFalse();
        assertThat(read(ContentCoding.DEFLATE, deflate(text(), false), new byte[] {0})
                        .end
                        .complete())
                .isFalse();
    }

    @Test
    void givesWhatCameBeforeTheFailureOfItsSource() throws IOException {
        Read read = read(
                ContentCoding.GZIP,
                CAP,
                FakeSource.whole(Buffer.buffer(gzip(text()))).broken());
        assertThat(read.text).isEqualTo(TEXT);
        assertThat(read.end.failure()).isSameAs(FakeSource.RESET);
    }

    /** A thousand times its size: what is in memory of it stays small, and it ends at its cap. */
    @Test
    void decodesABombBitByBitAndStopsAtTheCap() throws IOException {
        Buffer bomb = Buffer.buffer(gzip(new byte[50 << 20]));
        FakeSource<Buffer> source = FakeSource.whole(bomb);
        BodyReader<Buffer> reader =
                Body.of(source, -1).decoded(ContentCoding.GZIP, 20 << 20).open(Framing.BYTES);
        long total = 0;
        Buffer next;
        while ((next = reader.next().result()) != null) {
            assertThat(next.length()).isLessThanOrEqualTo(64 * 1024);
            total += next.length();
        }
        assertThat(total).isLessThanOrEqualTo(20 << 20).isGreaterThan(19 << 20);
        assertThat(reader.end().failure())
                .extracting(Failure::message)
                .asString()
                .contains("20971520");
        Body buffered = Body.of(FakeSource.whole(bomb), -1).decoded(ContentCoding.GZIP, 20 << 20);
        assertThat(buffered.buffer(1 << 20).result()).isFalse();
        assertThat(Body.of(bomb)
                        .decoded(ContentCoding.GZIP, 1 << 20)
                        .buffer(30 << 20)
                        .cause())
                .isInstanceOf(BodyException.class);
    }

    @Test
    void freesItsSourceWhenCancelled() throws IOException {
        byte[] bytes = gzip(text());
        for (int at = 0; at <= bytes.length; at++) {
            FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(split(bytes, at)[0]));
            BodyReader<Buffer> reader =
                    Body.of(source, -1).decoded(ContentCoding.GZIP, CAP).open(Framing.BYTES);
            Future<@Nullable Buffer> next = reader.next();
            assertThatThrownBy(reader::end).isInstanceOf(IllegalStateException.class);
            reader.cancel();
            reader.cancel();
            assertThat(source.cancels).isPositive();
            assertThat(next.isComplete()).isTrue();
            assertThat(reader.next().result()).isNull();
            assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.CANCELLED);
        }
    }

    @Test
    void isItselfWhereThereIsNothingToDecode() {
        Body body = Body.of(Buffer.buffer("x"));
        assertThat(body.decoded(ContentCoding.IDENTITY, 1)).isSameAs(body);
        assertThat(Body.empty().decoded(ContentCoding.GZIP, 1)).isSameAs(Body.empty());
        Body streamed = Body.of(FakeSource.whole(Buffer.buffer("x")), -1);
        assertThat(streamed.decoded(ContentCoding.IDENTITY, 1)).isSameAs(streamed);
        streamed.decoded(ContentCoding.GZIP, 1);
        assertThatThrownBy(() -> streamed.decoded(ContentCoding.GZIP, 1)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @CsvSource({"gzip, GZIP", "X-GZIP, GZIP", "' Deflate ', DEFLATE", "identity, IDENTITY", "'', IDENTITY", ", IDENTITY"
    })
    void knowsTheNamesOfCodings(@Nullable String header, ContentCoding coding) {
        assertThat(ContentCoding.of(header)).isEqualTo(coding);
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        assertThat(ContentCoding.of(headers)).isEqualTo(ContentCoding.IDENTITY);
        if (header != null) {
            assertThat(ContentCoding.of(headers.set("content-encoding", header)))
                    .isEqualTo(coding);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "gzipp"})
    void knowsWhatItCannotDecode(String header) {
        assertThat(ContentCoding.of(header)).isNull();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        assertThat(ContentCoding.of(headers.set("Content-Encoding", header))).isNull();
        headers.set("Content-Encoding", "gzip").add("content-encoding", header);
        assertThat(ContentCoding.of(headers)).isNull();
    }
}
