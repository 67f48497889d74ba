package io.gatehouse.bench;

import io.gatehouse.api.json.JsonBytes;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the LLM pass-through does to a request body: one scan, the checks of a chat request, and the edits that a
 * configured target makes, spliced into the bytes. Run it with {@code -prof gc}: bytes per call against the body's own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PassThroughBenchmark {
    /** Bytes of the body. */
    @Param({"4096", "65536"})
    public int size;

    private Buffer body = Buffer.buffer();

    /** Makes a chat request with as many messages as fit. */
    @Setup
    public void make() {
        StringBuilder text = new StringBuilder("{\"model\": \"gpt-4o\", \"messages\": [");
        int i = 0;
        while (text.length() < size - 120) {
            text.append(i++ == 0 ? "" : ", ")
                    .append("{\"role\": \"user\", \"content\": \"")
                    .append("word ".repeat(40))
                    .append("\"}");
        }
        body = Buffer.buffer(
                text.append("], \"stream\": true, \"temperature\": 0.2}").toString());
    }

    /** Scan, check and edit. */
    @Benchmark
    public Buffer scanAndSplice() {
        JsonBytes json = JsonBytes.scan(body);
        if (!json.hasElements("/messages") || json.ambiguity(true) != null) {
            throw new IllegalStateException("no messages");
        }
        return json.edit()
                .set("/model", "gpt-4o-mini")
                .set("/max_tokens", 512)
                .set("/temperature", 1.0)
                .set("/stream_options/include_usage", true)
                .apply();
    }
}
