package com.example.mask;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.vertx.core.buffer.Buffer;

/**
 * Masks the words of one body. A word may be cut anywhere between two pieces: what may be its beginning waits for the next
 * piece, everything before it goes on at once, so that a stream stays one.
 */
final class MaskTransform implements BodyTransform<Buffer> {
    private static final byte[] NOTHING = {};

    private final Words words;
    private final Runnable onMasked;
    private byte[] waiting = NOTHING;

    MaskTransform(Words words, Runnable onMasked) {
        this.words = words;
        this.onMasked = onMasked;
    }

    @Override
    public void item(Buffer piece, Out<Buffer> out) {
        pass(Buffer.buffer(waiting).appendBuffer(piece).getBytes(), false, out);
    }

    @Override
    public BodyEnd end(BodyEnd end, Out<Buffer> out) {
        pass(waiting, true, out);
        return end;
    }

    private void pass(byte[] text, boolean last, Out<Buffer> out) {
        Buffer passed = Buffer.buffer(text.length);
        int from = 0;
        int at = 0;
        while (at < text.length) {
            if (!last && words.mayBeginAt(text, at)) {
                break;
            }
            int length = words.lengthAt(text, at);
            if (length == 0) {
                at++;
                continue;
            }
            passed.appendBytes(text, from, at - from).appendBytes(words.mask());
            onMasked.run();
            at += length;
            from = at;
        }
        passed.appendBytes(text, from, at - from);
        waiting = Buffer.buffer(text).getBytes(at, text.length);
        if (passed.length() > 0) {
            out.emit(passed);
        }
    }
}
