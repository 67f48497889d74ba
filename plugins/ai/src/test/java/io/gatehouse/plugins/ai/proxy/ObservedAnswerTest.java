package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.testkit.BodyReaderContract;
import io.vertx.core.buffer.Buffer;
import java.util.List;

class ObservedAnswerTest extends BodyReaderContract {
    @Override
    protected BodyReader<Buffer> reader(BodyReader<Buffer> source) {
        ObservedAnswer answer = new ObservedAnswer(source, Ai.record(LlmOperation.CHAT), true, CallRecord.End.WHOLE);
        answer.commit();
        return answer;
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(Buffer.buffer("{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}"));
    }
}
