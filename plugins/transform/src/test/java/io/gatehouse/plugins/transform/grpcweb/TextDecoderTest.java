package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.testkit.BodyTransformContract;
import io.vertx.core.buffer.Buffer;
import java.util.List;

class TextDecoderTest extends BodyTransformContract<Buffer> {
    @Override
    protected Framing<Buffer> framing() {
        return Framing.BYTES;
    }

    @Override
    protected BodyTransform<Buffer> transform() {
        return new TextDecoder();
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(
                Buffer.buffer(),
                Frames.text(Frames.message("hello")),
                Frames.text(Frames.message("one")).appendBuffer(Frames.text(Frames.message("four"))));
    }
}
