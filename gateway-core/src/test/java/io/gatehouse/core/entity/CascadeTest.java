package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes with an entity when that is deleted, and what keeps it from going: as in Kong. */
class CascadeTest {
    @Test
    void whatIsOfUseByItselfKeepsWhatItRefersTo() {
        List<String> keeping = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            for (EntityKind.Reference reference : kind.references()) {
                if (!reference.cascades()) {
                    keeping.add(kind.plural() + "." + reference.field());
                }
            }
        }
        assertThat(keeping)
                .containsExactlyInAnyOrder(
                        "routes.service", "services.client_certificate", "upstreams.client_certificate");
    }
}
