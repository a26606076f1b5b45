import { defineCommand } from '../../session/command.ts'

/** `sealwright completion` */
export const completionCommand = defineCommand({
  name: 'completion',
  args: '<bash|zsh|fish|powershell>',
  about: {
    'bash|zsh|fish|powershell':
      'the shell; for every session, its line of the examples belongs in ~/.bashrc, ~/.zshrc (after compinit), ' +
      '~/.config/fish/config.fish or $PROFILE',
  },
  summary: 'print a script by which a shell completes commands, options, keys and policy statements',
  examples: [
    'source <(sealwright completion bash)',
    'source <(sealwright completion zsh)',
    'sealwright completion fish > sealwright.fish',
    'sealwright completion powershell | Out-String | Invoke-Expression',
  ],
  load: async () => (await import('./run.ts')).completion,
})
