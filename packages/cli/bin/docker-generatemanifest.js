#!/usr/bin/env node
import { start } from './start.js'

start('docker-generatemanifest', () => import('../dist/generate-manifest.js'))
