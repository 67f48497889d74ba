package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.schema.JsonSchema;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EntityReferencePageTest {
    @Test
    void thePageInTheDocsIsTheOneThatIsGenerated() throws Exception {
        assertThat(Files.readString(Path.of("..", "docs", "reference", "entities.md"))
                        .strip())
                .as("run ./gatehouse docs")
                .isEqualTo(EntityReferencePage.markdown().strip());
    }

    @Test
    void everyKindHasASchema() {
        for (EntityKind kind : EntityKind.values()) {
            assertThat(JsonSchema.of(kind.type())).as("%s", kind).containsKeys("properties", "description");
        }
        assertThat(EntityReferencePage.markdown(EntityKind.ROUTE))
                .contains(
                        "- Unique: `name`\n- Refers to: `services`\n- May contain: `plugins`\n",
                        "| `https_redirect_status_code` | integer | `426` | `426`, `301`, `302`, `307`, `308` |");
    }
}
