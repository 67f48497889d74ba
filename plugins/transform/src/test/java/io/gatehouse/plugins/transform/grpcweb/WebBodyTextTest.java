package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.testkit.BodyTransformContract;
import io.vertx.core.buffer.Buffer;
import java.util.List;

class WebBodyTextTest extends BodyTransformContract<Buffer> {
    @Override
    protected Framing<Buffer> framing() {
        return Framing.BYTES;
    }

    @Override
    protected BodyTransform<Buffer> transform() {
        return new WebBody(true, false);
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(
                Buffer.buffer(),
                Frames.message("hello"),
                Frames.message("").appendBuffer(Frames.message("one")).appendBuffer(Frames.message("four")),
                Frames.message("cut").getBuffer(0, 7));
    }
}
