// Talks to the gateway through the OpenAI SDK; prints one JSON object. Arguments: what to do, base URL.
const OpenAI = require("openai");

const [what, baseURL] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "the client's own", maxRetries: 0, timeout: 30000 });
const messages = [{ role: "user", content: "Why is the sky blue?" }];

function numbers(usage) {
  return [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens];
}

async function chat() {
  const { data, response } = await client.chat.completions.create({ model: "gpt-4o", messages }).withResponse();
  return {
    content: data.choices[0].message.content,
    finish: data.choices[0].finish_reason,
    model: data.model,
    usage: numbers(data.usage),
    llm_model: response.headers.get("x-kong-llm-model"),
  };
}

async function stream() {
  let chunks = 0;
  let content = "";
  let finish = null;
  let usage = null;
  const options = { model: "gpt-4o", messages, stream: true, stream_options: { include_usage: true } };
  for await (const chunk of await client.chat.completions.create(options)) {
    chunks++;
    for (const choice of chunk.choices) {
      content += choice.delta.content || "";
      finish = choice.finish_reason || finish;
    }
    usage = chunk.usage ? numbers(chunk.usage) : usage;
  }
  return { content, finish, usage, several: chunks > 3 };
}

({ chat, stream })[what]().then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
