package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class ResponseStoreTest {
    @Test
    void isBoundedInBytes() {
        ResponseStore store = new ResponseStore();
        for (int i = 0; i < 200; i++) {
            store.put(
                    "k" + i,
                    new Kept.Answer(
                            200, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer(new byte[1 << 20]), 0, 9, 9));
        }
        assertThat(store.bytes()).isLessThanOrEqualTo(ResponseStore.MAX_BYTES).isGreaterThan(60L << 20);
        assertThat(store.get("k0", 0)).isNull();
        assertThat(store.get("k199", 0)).isNotNull();
        assertThat(store.get("k199", 9)).isNull();
        assertThat(store.pending.take(ResponseStore.MAX_PENDING_BYTES)).isTrue();
        assertThat(store.pending.take(1)).isFalse();
        store.pending.give(ResponseStore.MAX_PENDING_BYTES);
        assertThat(store.pending.taken()).isZero();
    }
}
