package io.gatehouse.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vertx.core.buffer.Buffer;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class JsonAllocationTest {
    @Test
    void scansAndEditsALargeBodyWithAboutOneCopyOfIt() {
        StringBuilder text = new StringBuilder("{\"model\":\"a\",\"messages\":[");
        while (text.length() < 64 * 1024) {
            text.append("{\"role\":\"user\",\"content\":\"Tell me a story, number ")
                    .append(text.length())
                    .append(", \\\"please\\\"\"},");
        }
        Buffer body = Buffer.buffer(text.append("1],\"top_k\":7}").toString());
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        int rounds = 200;
        int length = 0;
        for (int i = 0; i < rounds; i++) {
            length += change(body).length();
        }

        long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 0; i < rounds; i++) {
            length += change(body).length();
        }
        long perRound = (threads.getThreadAllocatedBytes(thread) - before) / rounds;

        assertThat(length).isPositive();
        assertThat(perRound).isLessThan(body.length() * 3L / 2);
    }

    private static Buffer change(Buffer body) {
        JsonBytes json = JsonBytes.scan(body);
        if (!"a".equals(json.text("/model")) || json.longValue("/top_k").isEmpty()) {
            throw new AssertionError("wrong reading");
        }
        return json.edit()
                .set("/model", "b")
                .set("/max_tokens", 512)
                .set("/stream_options/include_usage", true)
                .remove("/top_k")
                .apply();
    }
}
