package io.gatehouse.core.server;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * Follows where the frames of a client's bytes begin and end, beside the codec, which tells of whole ones only: who has
 * begun a head, or any frame but of a body, is to come to its end in time.
 */
final class FrameBounds {
    private static final int PREFACE = 24;
    private static final int FRAME_HEADER = 9;
    private static final int END_HEADERS = 4;

    private long left = PREFACE;
    private int opening = 2; // the preface proper, and the settings behind it
    private boolean inBody;
    private boolean inHead;
    private int headerBytes;
    private int length;
    private int type;
    private int units;

    /** Takes note of bytes, which stay unread. */
    void read(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (left > 0) {
                long step = Math.min(left, end - at);
                left -= step;
                at += (int) step;
                if (left == 0) {
                    frameEnds();
                }
            } else {
                header(bytes.getByte(at++) & 255);
            }
        }
    }

    private void frameEnds() {
        opening = Math.max(0, opening - 1);
        inBody = false;
        if (!inHead) {
            units++;
        }
    }

    private void header(int octet) {
        switch (headerBytes++) {
            case 0, 1, 2 -> length = length << 8 | octet;
            case 3 -> type = octet;
            case 4 -> {
                if (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION) {
                    inHead = (octet & END_HEADERS) == 0;
                }
            }
            case FRAME_HEADER - 1 -> {
                left = length & 0xffffff;
                inBody = type == Http2FrameTypes.DATA && left > 0;
                headerBytes = 0;
                length = 0;
                if (left == 0) {
                    frameEnds();
                }
            }
            default -> {}
        }
    }

    /** How many frames, and heads in several frames, have come whole; it may overflow. */
    int units() {
        return units;
    }

    /** Whether something has begun that is neither whole nor a body's. */
    boolean isOpen() {
        return inHead || headerBytes > 0 || left > 0 && !inBody || opening > 0;
    }
}
