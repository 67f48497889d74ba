// What a user of OpenAI's SDK does; only baseURL says that there is a gateway.
const OpenAI = require('openai').default ?? require('openai');

async function main() {
  const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'client-key', maxRetries: 0, timeout: 30000 });
  const messages = [{ role: 'user', content: 'one two three' }];
  const chat = await client.chat.completions.create({ model: 'gpt-4o', messages });
  let text = '';
  let chunks = 0;
  for await (const chunk of await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
    chunks++;
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  process.stdout.write(
    JSON.stringify({
      chat: chat.choices[0].message.content,
      chat_tokens: chat.usage.total_tokens,
      stream: text,
      chunks,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
