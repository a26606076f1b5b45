#!/usr/bin/env node
import { start } from './start.js'

start('sealwright', () => import('../dist/main.js'))
