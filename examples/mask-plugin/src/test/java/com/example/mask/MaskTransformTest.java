package com.example.mask;

import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.testkit.BodyTransformContract;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** Every split, every end: what the contract asks of any transform. */
class MaskTransformTest extends BodyTransformContract<Buffer> {
    @Override
    protected Framing<Buffer> framing() {
        return Framing.BYTES;
    }

    @Override
    protected BodyTransform<Buffer> transform() {
        return new MaskTransform(new Words(new MaskConfig(List.of("secret", "secretary", "se"), "***")), () -> {});
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(
                Buffer.buffer("a secret, two secretaries"),
                Buffer.buffer("secretsecretarysesec"),
                Buffer.buffer("nothing"),
                Buffer.buffer("s"));
    }
}
