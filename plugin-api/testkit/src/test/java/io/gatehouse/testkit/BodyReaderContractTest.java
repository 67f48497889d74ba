package io.gatehouse.testkit;

import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.ContentCoding;
import io.gatehouse.api.body.Framing;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** The contract, kept by the reader that has the most states: the one that undoes a compression. */
class BodyReaderContractTest extends BodyReaderContract {
    @Override
    protected BodyReader<Buffer> reader(BodyReader<Buffer> source) {
        return Body.of(source, -1).decoded(ContentCoding.GZIP, 1024).open(Framing.BYTES);
    }

    @Override
    protected List<Buffer> samples() {
        Buffer one = gzip("data: gr\u00fc\u00df dich\n\n");
        return List.of(one, one.copy().appendBuffer(gzip("")));
    }

    private static Buffer gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(bytes.toByteArray());
    }
}
