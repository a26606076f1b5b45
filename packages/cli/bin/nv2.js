#!/usr/bin/env node
import { start } from './start.js'

start('nv2', () => import('../dist/nv2.js'))
